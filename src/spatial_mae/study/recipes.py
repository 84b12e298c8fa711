"""Recipes: the hyperparameters of a stage as a frozen dataclass, read from JSON.

Each stage defines its own dataclass next to the code that reads it; this module holds what they
share, so that a new stage's recipe reruns no other stage.
"""

import dataclasses
import json
import typing
from collections.abc import Mapping

from spatial_mae.study.checking import faults, nearest
from spatial_mae.study.declared import plain, type_schema

T = typing.TypeVar("T")


class Checked:
    """A dataclass whose values are checked when it is made, however that is."""

    def __post_init__(self) -> None:
        """Raises ValueError as `refuse` and `check`."""
        refuse(type(self), {f.name: getattr(self, f.name) for f in dataclasses.fields(self)})
        self.check()

    def check(self) -> None:
        """Raise ValueError if values that are allowed one by one do not fit together."""


def load(recipe: type[T], text: str) -> T:
    """Build the frozen dataclass `recipe` from a JSON object.

    Raises ValueError if the text is not an object, a key is unknown (the nearest known one is
    named), a field without default is missing, or a value is not as the field declares. JSON lists
    become tuples.
    """
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError(f"{recipe.__name__}: expected a JSON object, got {text!r}")
    fields = {field.name: field for field in dataclasses.fields(recipe)}
    for key in values:
        if key not in fields:
            raise ValueError(f"{recipe.__name__}: unknown key {key!r}; {nearest(key, fields)}")
    required = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
    if missing := sorted(required - set(values)):
        raise ValueError(f"{recipe.__name__}: missing {', '.join(missing)}; add it to the recipe")
    refuse(recipe, values)
    hints = typing.get_type_hints(recipe)
    return recipe(**{key: _as(hints[key], value) for key, value in values.items()})


def refuse(declaration: type, values: Mapping) -> None:
    """Raise ValueError with all values that are not what the declaration's fields allow."""
    hints = typing.get_type_hints(declaration, include_extras=True)
    found = [
        fault
        for key, value in values.items()
        for fault in faults(plain(value), type_schema(hints[key]), f"{declaration.__name__}.{key}")
    ]
    if found:
        raise ValueError("\n".join(found))


def _as(expected: object, value: object) -> object:
    value = tuple(value) if isinstance(value, list) else value
    return float(value) if expected is float else value
