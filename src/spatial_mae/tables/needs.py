"""What a figure needs of its table, or the error that says how the config would give it."""

from collections.abc import Iterable

from spatial_mae.files import Row
from spatial_mae.tables.rows import Rows, distinct, levels, masked, pick
from spatial_mae.tables.runs import first_completed


def require(rows: Rows, kind: str, columns: Iterable[str]) -> None:
    """Raise ValueError if the table is empty or lacks one of `columns`."""
    fix = f"name an experiment of kind {kind!r} for it under `figures` in the config"
    if not rows:
        raise ValueError(f"this figure's table has no rows; {fix}")
    if missing := [column for column in columns if column not in rows[0]]:
        raise ValueError(
            f"column {', '.join(map(repr, missing))} is missing from this figure's table "
            f"(there: {', '.join(rows[0])}); {fix}"
        )


def runs(
    rows: Rows, kind: str, columns: Iterable[str], epochs: str = "pretrain_epochs"
) -> list[Row]:
    """As `first_completed`, of a table that `require` finds fit."""
    require(rows, kind, columns)
    return first_completed(rows, epochs)


def keep(rows: Rows, **wanted: object) -> list[Row]:
    """As `pick`, but ValueError, naming what there is, if no row is left."""
    kept = pick(rows, **wanted)
    if not kept:
        there = "; ".join(f"{key}: {', '.join(map(str, distinct(rows, key)))}" for key in wanted)
        asked = ", ".join(f"{key} = {value!r}" for key, value in wanted.items())
        raise ValueError(
            f"no row with {asked} in this figure's table (there: {there or 'nothing'}); "
            "add the value to the experiment's grid or recipe"
        )
    return kept


def keep_masked(rows: Rows) -> list[Row]:
    """As `masked`, but ValueError, naming the models there are, if there is no MAE."""
    return masked(keep(rows, model="mae"))


def several(rows: Rows, column: str) -> list:
    """The ascending values of a column; ValueError unless there are at least two."""
    values = levels(rows, column)
    if len(values) < 2:
        raise ValueError(
            f"this figure compares values of {column!r} and its table holds only "
            f"{values}; list at least two in the experiment's grid or recipe"
        )
    return values
