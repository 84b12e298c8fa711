"""Choosing and grouping the rows of a table: what figures and judges select with."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from spatial_mae.files import Row

Rows = Sequence[Row]
# Experiment kind -> rows.
Tables = Mapping[str, Rows]


def distinct(rows: Iterable[Row], column: str) -> list:
    """The values of a column in order of appearance, empty cells left out."""
    values = dict.fromkeys(row.get(column) for row in rows)
    return [value for value in values if value is not None]


def levels(rows: Iterable[Row], column: str) -> list:
    """The values of a column in ascending order (text after numbers), empty cells left out."""
    return sorted(distinct(rows, column), key=lambda value: (isinstance(value, str), value))


def pick(rows: Iterable[Row], **wanted: object) -> list[Row]:
    """The rows whose columns hold the wanted values (a list or tuple: one of them); maybe none."""
    found = rows
    for column, value in wanted.items():  # column by column: few rows are looked at twice
        if isinstance(value, list | tuple):
            found = [row for row in found if row.get(column) in value]
        else:
            found = [row for row in found if row.get(column) == value]
    return list(found)


def masked(rows: Iterable[Row]) -> list[Row]:
    """The rows of masked autoencoders that hide something: at mask ratio 0 an MAE is the AE."""
    return [row for row in pick(rows, model="mae") if row["mask_ratio"]]


def unique(rows: Iterable[Row]) -> list[Row]:
    """Every row once, whatever the order of its columns."""
    return list({frozenset(row.items()): row for row in rows}.values())


def grouped(items: Iterable, key: Callable[..., Hashable]) -> dict:
    """Rows, or anything else, by what `key` says of each, in order of appearance."""
    found: dict = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def groups(rows: Iterable[Row], *columns: str) -> dict[tuple, list[Row]]:
    """Rows by their values in `columns`, in order of appearance."""
    return grouped(rows, lambda row: tuple([row.get(column) for column in columns]))


def by(rows: Iterable[Row], column: str) -> dict[object, list[Row]]:
    """Rows by the value of a column, in ascending order; rows without a value are left out."""
    found = groups(rows, column)
    return {key: found[key,] for key in sorted(key for (key,) in found if key is not None)}


def first(rows: Rows, *columns: str, within: Sequence[str] = ()) -> list[Row]:
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


def near(rows: Rows, **wanted: object) -> list[Row]:
    """Keep the wanted value of each column; where no row has it, the first value there is."""
    for column, value in wanted.items():
        rows = pick(rows, **{column: value}) or first(rows, column)
    return list(rows)


def most_images(rows: Rows) -> list[Row]:
    """Of each data set, the rows whose moments rest on the most images."""
    kept = []
    for group in groups(rows, "dataset").values():
        most = max((row["n_images"] for row in group if row.get("n_images")), default=None)
        kept += pick(group, n_images=most) if most is not None else group
    return kept


def widest(rows: Rows, x: str, *fixed: str) -> list[Row]:
    """The rows of that choice of `fixed` which has the most values of `x`, the first of several."""
    return max(groups(rows, *fixed).values(), key=lambda group: len(levels(group, x)))


def spread(values: Sequence, count: int) -> list:
    """At most `count` of the values, evenly spread, the first and the last among them."""
    if len(values) <= count:
        return list(values)
    last = len(values) - 1
    return [values[round(index * last / (count - 1))] for index in range(count)]


def few(rows: Rows, column: str, most: int) -> list[Row]:
    """The rows of at most `most` values of a column, evenly spread over those there are."""
    return pick(rows, **{column: spread(levels(rows, column), most)})


def project(rows: Iterable[Row], columns: Sequence[str]) -> list[Row]:
    """The named columns only (those a row has), repeated rows once."""
    narrow = [{column: row[column] for column in columns if column in row} for row in rows]
    return list({tuple(row.items()): row for row in narrow}.values())
