"""Which columns the tables of each kind of experiment have."""

from collections.abc import Iterable

from spatial_mae.study.measured.columns import ORIGIN, RECIPE
from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.column import Column
from spatial_mae.tables.columns import COLUMNS, IN_KIND


def columns_of(kind: str) -> dict[str, Column]:
    """The columns that tables of a kind may have, by name: its runs' keys in front."""
    keys = KINDS[kind].keys
    told = (("dataset", ORIGIN), ("training", RECIPE))
    names = (*keys, *(n for key, own in told if key in keys for n in own), *KINDS[kind].columns)
    return {name: declared(name, kind) for name in names}


def declared(name: str, kind: str) -> Column:
    """The declaration of a column in tables of a kind. Raises KeyError if there is none."""
    return IN_KIND.get((kind, name)) or COLUMNS[name]


def check_columns(names: Iterable[str], kind: str, where: object) -> None:
    """Raise ValueError if a table of a kind has a column that is not declared for the kind.

    where: the table, for the message.
    """
    known = columns_of(kind)
    if unknown := [name for name in names if name not in known]:
        raise ValueError(
            f"{where}: column {', '.join(map(repr, unknown))} is not declared for tables of kind "
            f"{kind!r} (declared: {', '.join(known)}); add it to the kind's card in "
            "spatial_mae/study/measured/"
        )
