"""Settings: what was chosen behind a row, rows grouped by it, and rows paired within it."""

from collections.abc import Iterable
from functools import cache

from spatial_mae.files import Row
from spatial_mae.tables.columns import SETTINGS
from spatial_mae.tables.rows import Rows, grouped

Key = tuple[tuple[str, object], ...]
# What a row says of the images, and of the solution, behind its numbers.
IMAGES = ("dataset", "split", "colour", "n_images", "pixels")
SOLUTION = (*IMAGES, "patch", "centring", "ridge", "flip", "stationary_weight")

# What is chosen, not measured. Rows that agree on all of these belong to one setting.
AXES = tuple(column.name for column in SETTINGS if not column.told_by)
SILENT = {column.name for column in SETTINGS if column.silent}


def setting(row: Row, but: Iterable[str] = ()) -> Key:
    """The choices behind a row, without the axes in `but` and those that do not apply to it."""
    axes = _axes(tuple(row), tuple(but))
    return tuple([(axis, row[axis]) for axis in axes if row[axis] is not None])


@cache
def _axes(columns: tuple[str, ...], but: tuple[str, ...]) -> tuple[str, ...]:
    """The axes among the columns of a row: all rows of a table share the answer."""
    return tuple(axis for axis in AXES if axis in columns and axis not in but)


def settings(rows: Rows, but: Iterable[str] = ()) -> dict[Key, list[Row]]:
    """Rows by setting, the axes in `but` left free."""
    but = tuple(but)
    return grouped(rows, lambda row: setting(row, but))


def named(key: Key) -> dict[str, object]:
    """The choices of a setting that verdicts name."""
    return {axis: value for axis, value in key if axis not in SILENT}


def solution(row: Row) -> tuple:
    """What one solution's rows share: model, number of images and setting."""
    return (row.get("model"), row.get("n_images"), setting(row))


def measured(rows: Rows, columns: Iterable[str]) -> list[Row]:
    """One row per measure: the column's name under `measure`, its number under `value`."""
    return [
        {**row, "measure": column.replace("_", " "), "value": row[column]}
        for column in columns
        for row in rows
        if row.get(column) is not None
    ]


def paired(ours: Rows, theirs: Rows, column: str, free: Iterable[str]) -> list[Row]:
    """Each of our rows with every one of theirs in the same setting, except for the axes in `free`.

    The numbers are under `ours` and `theirs`, the other model's name under `against`.
    """
    free = (*free, "against")

    def place(row: Row) -> tuple:
        return (row.get("n_images"), setting(row, free))

    others = grouped(theirs, place)
    return [
        {**row, "ours": row[column], "theirs": other[column], "against": _model(other)}
        for row in ours
        for other in others.get(place(row), ())
    ]


def _model(row: Row) -> str:
    """`AE`, `MAE` or `DAE 0.2` (the noise's deviation)."""
    name = str(row["model"]).upper()
    return name if row.get("noise_deviation") is None else f"{name} {row['noise_deviation']:g}"
