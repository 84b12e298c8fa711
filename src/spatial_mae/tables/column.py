"""What a column is: its role, the values it takes, and what an axis or a sentence calls it."""

from dataclasses import dataclass

# Roles. Rows that differ in a setting are of different settings; rows that differ in a repeat alone
# measure one setting again. A place is where within a setting a number belongs, such as a pixel, a
# layer, an epoch or the model that is compared.
SETTING, REPEAT, MEASUREMENT, PLACE = "setting", "repeat", "measurement", "place"
ROLES = (SETTING, REPEAT, MEASUREMENT, PLACE)
# Types of values; an empty cell is allowed in each.
TEXT, WHOLE, NUMBER = "text", "whole number", "number"
YES_NO, WHOLE_OR_WORD = "yes or no", "whole number or word"
TYPES = (TEXT, WHOLE, NUMBER, YES_NO, WHOLE_OR_WORD)


@dataclass(frozen=True)
class Column:
    """One column of tables, wherever it appears.

    label: what an axis says. role, type: one of `ROLES`, one of `TYPES`. unit: of its numbers.
    told_by: of a setting, another one that differs wherever this one does, and is grouped by
    instead. silent: of a setting that rows are grouped by, whether verdicts leave it unnamed.

    Raises ValueError for another role or type.
    """

    name: str
    label: str
    role: str
    type: str
    unit: str = ""
    told_by: str = ""
    silent: bool = False

    def __post_init__(self) -> None:
        for value, allowed in ((self.role, ROLES), (self.type, TYPES)):
            if value not in allowed:
                raise ValueError(f"column {self.name!r}: {value!r} is not one of {allowed}")

    @property
    def axis(self) -> str:
        """The label of an axis: with the unit, if there is one."""
        return f"{self.label} ({self.unit})" if self.unit else self.label
