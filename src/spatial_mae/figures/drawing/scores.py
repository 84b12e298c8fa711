"""Scores and costs of trained networks in figures: which are drawn, with their controls."""

from collections.abc import Iterable, Sequence
from math import sqrt

from spatial_mae.figures.drawing.measures import CONTROLS, SCORES
from spatial_mae.tables.needs import keep, runs, several
from spatial_mae.tables.repeats import SPAN, over_seeds
from spatial_mae.tables.rows import Row, Rows, distinct, pick, widest
from spatial_mae.tables.runs import (
    HIDDEN_ERROR,
    PRETRAINING,
    PROBE,
    PROBES,
    RUN,
    SETTING,
    asked,
    at_end,
)

MEASURE = ("measure", "control")
# The columns of an evaluation's table that its figures need.
EVALUATION = (*PRETRAINING, "status", "epoch", "epochs")
EVALUATION += ("protocol", "representation", "metric", "value")
# The units of a cost in ascending order.
UNITS = {
    "pretrain_seconds": {"s": 1, "min": 60, "h": 3600},
    "pretrain_peak_memory_bytes": {"MB": 1e6, "GB": 1e9},
}
TUNING = ("dataset", "model", "training", *RUN, "status", "epochs", "accuracy")


def labelled(rows: Rows) -> tuple[str, ...]:
    """The key that separates the labels of probes, where a table has others than the class."""
    return ("label",) if distinct(rows, "label") else ()


def of_first_label(rows: Rows) -> list[Row]:
    """The rows of reconstructions, and those of the first label that is probed."""
    first = next((row.get("label") for row in rows if asked(row) == PROBE), None)
    return [r for r in rows if r.get("label") == first or r["protocol"] == "reconstruction"]


def in_units(rows: Sequence[Row], cost: str) -> list[Row]:
    """Rows of `over_seeds(rows, keys, cost)` in the largest unit that the greatest exceeds.

    They say which in `cost_unit`, and which cost in `cost`.
    """
    most = max((row["high"] for row in rows), default=0)
    fitting = [name for name, size in UNITS[cost].items() if size <= most]
    name = fitting[-1] if fitting else next(iter(UNITS[cost]))
    label = {"cost": cost, "cost_unit": name}
    return [row | {key: row[key] / UNITS[cost][name] for key in SPAN} | label for row in rows]


def shown_scores(rows: Iterable[Row]) -> list[Row]:
    """The scores of an evaluation that figures show, each with its `measure` and its `control`.

    Measures (`SCORES`) are taken after the last epoch. Controls (`CONTROLS`) are the probes of the
    network before pretraining, of the same measure, and those of other features, of no measure.
    """
    found = []
    for row in rows:
        last, start = at_end(row), row["epoch"] == 0
        read = row["representation"]
        if asked(row) == HIDDEN_ERROR and last:
            found.append(_score(row, "hidden_error"))
        elif asked(row) == PROBE:
            if read in PROBES and (last or start):
                found.append(_score(row, read, "untrained" if start else None))
            elif read in CONTROLS:
                found.append(_score(row, None, read))
    if not found:
        there = ", ".join(sorted({f"{row['protocol']} {row['metric']}" for row in rows}))
        raise ValueError(
            "this figure draws errors of hidden pixels and linear probes of [CLS] and mean tokens, "
            f"and its table has none (there: {there}); ask for them in the evaluation recipe"
        )
    return found


def _score(row: Row, measure: str | None, control: str | None = None) -> Row:
    return counted(row) | {"measure": measure, "control": control}


def with_errors(rows: Iterable[Row], whole: float = 1) -> list[Row]:
    """Accuracies of one seed get a `half_width`: two standard errors of the images they count.

    sqrt(a (1 - a) / n), a the accuracy as a share of `whole`, n the images judged. The rows are
    those of `over_seeds`; with several seeds their range is shown instead.
    """
    found = []
    for row in rows:
        n, share = row.get("n_judged") or row.get("n_test"), row["value"] / whole
        if row["seeds"] == 1 and n and 0 <= share <= 1:
            row = row | {"half_width": 2 * whole * sqrt(share * (1 - share) / n)}
        found.append(row)
    return found


def ahead(point: Row, rivals: Sequence[Row], cost: str) -> bool:
    """Whether a point's bar is above those of all others that cost no more."""
    others = [row for row in rivals if row[cost] <= point[cost] and row is not point]
    return all(bar(point)[0] > bar(row)[1] for row in others)


def bar(point: Row) -> tuple[float, float]:
    """The range of the seeds or, of one seed, two standard errors to either side."""
    half = point.get("half_width")
    if half is None:
        return point["low"], point["high"]
    return point["value"] - half, point["value"] + half


def counted(row: Row) -> Row:
    """A score's row that says by its columns' names which images were counted."""
    names = ("n_fitted", "n_judged")
    if row["protocol"] == "reconstruction":
        names = (None, "n_reconstructed")
    counts = zip(names, (row.get("n_train"), row.get("n_test")), strict=True)
    return row | {name: n for name, n in counts if name} | {"n_train": None, "n_test": None}


def scores_over(
    rows: Sequence[Row], x: str, fixed: Sequence[str], along: Sequence[str]
) -> list[Row]:
    """The measures of all runs at one choice of the `fixed` settings, and their controls.

    The choice is the one with the most values of `x`. Each control is averaged over all runs that
    share the settings `along` which it depends on. Raises ValueError if the table holds none of the
    measures, or a single value of `x`.
    """
    rows = widest(shown_scores(runs(rows, "evaluation", EVALUATION)), x, *fixed)
    several(rows, x)
    measure = (*MEASURE, *labelled(rows))
    trained = keep(rows, measure=list(SCORES), control=None)
    found = over_seeds(trained, (*SETTING, *measure))
    found = [row for row in found if row["measure"] == "hidden_error"] + with_errors(
        row for row in found if row["measure"] != "hidden_error"
    )
    for control in (name for name in CONTROLS if pick(rows, control=name)):
        keys = along if control in ("linear_mae", "untrained") else ()
        found += over_seeds(pick(rows, control=control), (*keys, *measure))
    return found


def tuned_over(rows: Sequence[Row], x: str, fixed: Sequence[str]) -> list[Row]:
    """Accuracies of fully fine-tuned runs at that choice of `fixed` with the most values of `x`.

    Raises ValueError if no run trained all blocks, or the table holds a single value of `x`.
    """
    rows = keep(runs(rows, "fine_tuning", TUNING, "tuning_epochs"), blocks="all")
    rows = widest(rows, x, *fixed)
    several(rows, x)
    return with_errors(over_seeds(rows, (*SETTING, "blocks"), "accuracy"))
