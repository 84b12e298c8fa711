"""Choosing rows of a tidy table: what every figure's `select` is made of."""

from collections.abc import Iterable, Sequence

Row = dict[str, object]

# What a row says of the images, and of the solution, behind its numbers.
IMAGES = ("dataset", "split", "colour", "n_images", "pixels")
SOLUTION = (*IMAGES, "patch", "centring", "ridge", "flip")


def require(rows: Sequence[Row], kind: str, columns: Iterable[str]) -> None:
    """Raise ValueError if the table is empty or lacks one of `columns`."""
    mend = f"name an experiment of kind {kind!r} for it under `figures` in the config"
    if not rows:
        raise ValueError(f"this figure's table has no rows; {mend}")
    if missing := [column for column in columns if column not in rows[0]]:
        raise ValueError(
            f"column {', '.join(map(repr, missing))} is missing from this figure's table "
            f"(there: {', '.join(rows[0])}); {mend}"
        )


def distinct(rows: Iterable[Row], column: str) -> list:
    """The values of a column in order of appearance, empty cells left out."""
    values = dict.fromkeys(row.get(column) for row in rows)
    return [value for value in values if value is not None]


def levels(rows: Iterable[Row], column: str) -> list:
    """The values of a column in ascending order (text after numbers), empty cells left out."""
    return sorted(distinct(rows, column), key=lambda value: (isinstance(value, str), value))


def pick(rows: Iterable[Row], **wanted: object) -> list[Row]:
    """The rows whose columns hold the wanted values (a list or tuple: one of them); maybe none."""
    sets = {key: v if isinstance(v, list | tuple) else [v] for key, v in wanted.items()}
    return [row for row in rows if all(row.get(key) in values for key, values in sets.items())]


def keep(rows: Sequence[Row], **wanted: object) -> list[Row]:
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


def masked(rows: Sequence[Row]) -> list[Row]:
    """The rows of masked autoencoders proper: at mask ratio 0 an MAE is the AE, drawn as such."""
    return [row for row in keep(rows, model="mae") if row["mask_ratio"]]


def several(rows: Sequence[Row], column: str) -> list:
    """The ascending values of a column; ValueError unless there are at least two."""
    values = levels(rows, column)
    if len(values) < 2:
        raise ValueError(
            f"this figure compares values of {column!r} and its table holds only "
            f"{values}; list at least two in the experiment's grid or recipe"
        )
    return values


def first(rows: Sequence[Row], *columns: str, within: Sequence[str] = ()) -> list[Row]:
    """Keep, column after column, the rows that hold the first value of that column.

    First is meant as in the config, whose order the table keeps. `within`: columns whose groups
    choose each for themselves (a data set's number of dimensions is not another's).
    """
    if within:
        return [row for group in groups(rows, *within).values() for row in first(group, *columns)]
    for column in columns:
        if values := distinct(rows, column):
            rows = pick(rows, **{column: values[0]})
    return list(rows)


def near(rows: Sequence[Row], **wanted: object) -> list[Row]:
    """Keep the wanted value of each column; where no row has it, the first value there is."""
    for column, value in wanted.items():
        rows = pick(rows, **{column: value}) or first(rows, column)
    return list(rows)


def most_images(rows: Sequence[Row]) -> list[Row]:
    """Of each data set, the rows whose moments rest on the most images."""
    kept = []
    for group in groups(rows, "dataset").values():
        most = max((row["n_images"] for row in group if row.get("n_images")), default=None)
        kept += pick(group, n_images=most) if most is not None else group
    return kept


def groups(rows: Iterable[Row], *columns: str) -> dict[tuple, list[Row]]:
    """Rows by their values in `columns`, in order of appearance."""
    found: dict[tuple, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row.get(column) for column in columns), []).append(row)
    return found


def spread(values: Sequence, count: int) -> list:
    """At most `count` of the values, evenly spread, the first and the last among them."""
    if len(values) <= count:
        return list(values)
    last = len(values) - 1
    return [values[round(index * last / (count - 1))] for index in range(count)]


def project(rows: Iterable[Row], columns: Sequence[str]) -> list[Row]:
    """The named columns only (those a row has), repeated rows once."""
    narrow = [{column: row[column] for column in columns if column in row} for row in rows]
    return list({tuple(row.items()): row for row in narrow}.values())


def average(rows: Iterable[Row], keys: Sequence[str], values: Sequence[str]) -> list[Row]:
    """One row per combination of `keys`, with the mean of each of `values` over its rows."""
    averaged = []
    for group in groups(rows, *keys).values():
        row = {key: group[0][key] for key in keys if key in group[0]}
        averaged.append(row | {value: _mean([r[value] for r in group]) for value in values})
    return averaged


def _mean(values: Sequence[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return sum(present) / len(present) if present else None
