"""Tables of trained networks: which runs are drawn, seeds as a mean and a range, controls."""

from collections.abc import Iterable, Sequence
from statistics import fmean

from spatial_mae.figures.drawing.measures import CONTROLS, PROBES, SCORES
from spatial_mae.figures.drawing.table import (
    Row,
    distinct,
    first,
    groups,
    keep,
    levels,
    pick,
    require,
    several,
)

SETTING = ("patch", "unit", "mask", "enc", "dec")
RUN = (*SETTING, "blocks", "seed")
SPAN = ("value", "low", "high")
MEASURE = ("measure", "control")
STATUSES = ("status", "pretrain_status")
# What a row says of how its network was made, and of the images behind its number.
FRAME = ("dataset", "n_images", "pixels", "network", "model_width", "training")
FRAME += ("pretrain_epochs", "tuning_epochs", "supervised_epochs", "precision", "device")
FRAME += (
    "pretrain_n_train",
    "n_train",
    "n_test",
    "n_fitted",
    "n_judged",
    "n_reconstructed",
    "split",
    "tokens",
    "control_colour",
    "runs_left_out",
)
# The columns of an evaluation's table that its figures need.
EVALUATION = ("dataset", "model", "training", *SETTING, "seed", "status", "epoch", "epochs")
EVALUATION += ("protocol", "representation", "metric", "value")
# The units of a cost in ascending order.
UNITS = {
    "pretrain_seconds": {"s": 1, "min": 60, "h": 3600},
    "pretrain_peak_memory_bytes": {"MB": 1e6, "GB": 1e9},
}
TUNING = ("dataset", "model", "training", *RUN, "status", "epochs", "accuracy")


def completed(rows: Sequence[Row], epochs: str) -> list[Row]:
    """The runs of the first data set, model and training that completed.

    Each row gains `runs_left_out`, how many did not; its `model`, an architecture's name, becomes
    `network` and its `epochs` what `epochs` says. Raises ValueError if no run is left.
    """
    rows = first(rows, "dataset", "model", "training")
    runs = groups(rows, *RUN)
    ended = [run for run in runs.values() if all(_completed(row) for row in run)]
    done = [row for run in ended for row in run]
    if not done:
        there = ", ".join(str(value) for s in STATUSES for value in distinct(rows, s))
        raise ValueError(
            f"no run of this figure's table completed (there: {there}); a run that diverged needs "
            "another recipe in the config, such as one with a lower base_learning_rate"
        )
    left_out = {"runs_left_out": len(runs) - len(ended)}
    names = {"model": "network", "epochs": epochs}
    return [{names.get(key, key): row[key] for key in row} | left_out for row in done]


def _completed(row: Row) -> bool:
    return all(row.get(column) in (None, "completed") for column in STATUSES)


def widest(rows: Sequence[Row], x: str, *fixed: str) -> list[Row]:
    """The rows of that choice of `fixed` which has the most values of `x`, the first of several."""
    return max(groups(rows, *fixed).values(), key=lambda group: len(levels(group, x)))


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


def in_units(rows: Sequence[Row], cost: str) -> list[Row]:
    """Rows of `over_seeds(rows, keys, cost)` in the largest unit that the greatest exceeds.

    They say which in `cost_unit`, and which cost in `cost`.
    """
    most = max((row["high"] for row in rows), default=0)
    fitting = [name for name, size in UNITS[cost].items() if size <= most]
    name = fitting[-1] if fitting else next(iter(UNITS[cost]))
    label = {"cost": cost, "cost_unit": name}
    return [row | {key: row[key] / UNITS[cost][name] for key in SPAN} | label for row in rows]


def remarks(rows: Sequence[Row]) -> list[str]:
    """For under a figure of rows from `over_seeds`: seeds, missing runs, the controls' colour.

    Controls are not counted.
    """
    counts = levels(pick(rows, control=None), "seeds")
    said = "one seed"
    if counts[-1] > 1:
        span = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        said = f"means of {span} seeds"
    missing = rows[0].get("runs_left_out") or 0
    lost = [f"runs left out because they did not complete: {missing}"] if missing else []
    return [said, *lost, *(f"controls of {c} pixels" for c in distinct(rows, "control_colour"))]


def measured(rows: Iterable[Row]) -> list[Row]:
    """The scores of an evaluation that figures show, each with its `measure` and its `control`.

    Measures (`SCORES`) are taken after the last epoch. Controls (`CONTROLS`) are the probes of the
    network before pretraining, of the same measure, and those of other features, of no measure.
    """
    found = []
    for row in rows:
        last, start = at_end(row), row["epoch"] == 0
        asked, read = (row["protocol"], row["metric"]), row["representation"]
        if asked == ("reconstruction", "hidden_error") and last:
            found.append(_score(row, "hidden_error"))
        elif asked == ("linear_probe", "accuracy"):
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


def at_end(row: Row) -> bool:
    """Whether a row of an evaluation is of the last epoch; those of other features have none."""
    return row["epoch"] is not None and row["epoch"] == row["pretrain_epochs"]


def _score(row: Row, measure: str | None, control: str | None = None) -> Row:
    return counted(row) | {"measure": measure, "control": control}


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
    require(rows, "evaluation", EVALUATION)
    rows = widest(measured(completed(rows, "pretrain_epochs")), x, *fixed)
    several(rows, x)
    trained = keep(rows, measure=list(SCORES), control=None)
    found = over_seeds(trained, (*SETTING, *MEASURE))
    for control in (name for name in CONTROLS if pick(rows, control=name)):
        keys = along if control in ("linear_mae", "untrained") else ()
        found += over_seeds(pick(rows, control=control), (*keys, *MEASURE))
    return found


def tuned_over(rows: Sequence[Row], x: str, fixed: Sequence[str]) -> list[Row]:
    """Accuracies of fully fine-tuned runs at that choice of `fixed` with the most values of `x`.

    Raises ValueError if no run trained all blocks, or the table holds a single value of `x`.
    """
    require(rows, "fine_tuning", TUNING)
    rows = widest(keep(completed(rows, "tuning_epochs"), blocks="all"), x, *fixed)
    several(rows, x)
    return over_seeds(rows, (*SETTING, "blocks"), "accuracy")
