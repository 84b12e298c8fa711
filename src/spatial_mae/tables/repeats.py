"""Repeats of one setting, above all seeds: their mean, their range, and what they resolve."""

from collections.abc import Iterable, Sequence
from math import hypot, sqrt
from statistics import fmean

from spatial_mae.files import Row
from spatial_mae.tables.rows import Rows, by, distinct, groups
from spatial_mae.tables.settings import setting

SPAN = ("value", "low", "high")
# What a row says of how its network was made, and of the images behind its number.
FRAME = ("dataset", "n_images", "pixels", "network", "model_width", "training")
FRAME += ("pretrain_epochs", "tuning_epochs", "supervised_epochs", "precision", "device")
FRAME += ("pretrain_n_train", "n_train", "n_test", "n_fitted", "n_judged", "n_reconstructed")
FRAME += ("split", "tokens", "control_colour", "runs_left_out", "n_classes")
FRAME += ("normalised_targets",)


def mean(rows: Rows, column: str) -> float:
    """The mean of a column that every row has."""
    return sum(float(row[column]) for row in rows) / len(rows)


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


def over_seeds(rows: Iterable[Row], keys: Sequence[str], column: str = "value") -> list[Row]:
    """One row per combination of `keys`: a column's mean, lowest and highest over the seeds.

    They are called `value`, `low` and `high`; `seeds` counts the seeds. Columns of `FRAME` are
    kept, combinations without a value left out.
    """
    found = []
    for group in groups(rows, *keys).values():
        group = [row for row in group if row.get(column) is not None]
        if group:
            values = [row[column] for row in group]
            kept = {key: group[0][key] for key in FRAME if group[0].get(key) is not None}
            kept |= {key: group[0].get(key) for key in keys}
            span = zip(SPAN, (fmean(values), min(values), max(values)), strict=True)
            found.append(kept | dict(span) | {"seeds": len(distinct(group, "seed"))})
    return found


def of_one_seed(row: Row, columns: Iterable[str]) -> Row:
    """Those of the columns that a row has; it is drawn as it is, without a mean over seeds."""
    return {key: row[key] for key in columns if key in row} | {"seeds": 1}


def by_seed(rows: Rows) -> dict[object, Row]:
    """The row of each seed."""
    return {row["seed"]: row for row in rows}


def whole_seeds(rows: Rows) -> list[list[Row]]:
    """The rows of each seed that has every choice any seed has; all rows as one if none has."""
    choices = [(group, {_choice(row) for row in group}) for group in by(rows, "seed").values()]
    everything = {_choice(row) for row in rows}
    return [group for group, own in choices if own == everything] or [list(rows)]


def _choice(row: Row) -> tuple:
    return (setting(row), row.get("epoch"), row.get("layer"))


def means(rows: Rows, axis: str, column: str = "value") -> dict[object, float]:
    """The mean of a column at each value of an axis, in ascending order."""
    return {level: mean(group, column) for level, group in by(rows, axis).items()}


def end_means(rows: Rows, axis: str) -> tuple[float, float] | None:
    """The mean `value` at the smallest and the largest value of an axis; None without two."""
    found = list(means(rows, axis).values())
    return (found[0], found[-1]) if len(found) > 1 else None


def cells(rows: Rows, *columns: str) -> dict[tuple, float]:
    """Mean `value` at each choice of the columns; seeds are averaged."""
    return {key: mean(group, "value") for key, group in sorted(groups(rows, *columns).items())}


def standard_error(rows: Rows) -> float:
    """Of the difference of two accuracies on the test set, the images taken as independent.

    sqrt(2 a (1 - a) / n), a the mean accuracy, n the fewest test images; 0 if n is not known.
    """
    counts = [row["n_test"] for row in rows if row.get("n_test")]
    share = mean(rows, "value")
    return sqrt(2 * share * (1 - share) / min(counts)) if counts and 0 <= share <= 1 else 0.0


def means_error(rows: Rows) -> float:
    """Of the relative difference of two means over images, taken as independent: an upper bound.

    sqrt(e^2 + f^2) / |largest value|, e and f the two largest of the rows' standard errors.
    """
    largest = max(abs(row["value"]) for row in rows)
    errors = sorted(row["standard_error"] for row in rows)
    return hypot(*errors[-2:]) / largest if largest else 0.0


def largest_n(rows: Rows) -> int | None:
    """The largest number of images behind any of the rows; None where none says it."""
    return max((row["n_images"] for row in rows if row.get("n_images")), default=None)
