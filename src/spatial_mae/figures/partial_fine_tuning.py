"""Fine-tuning the last blocks only: accuracy, time and memory

Answers Figs. 12 and 15 (right) of Bisulco et al. (2025), at the scale and on the device named
below: theirs is 2000 epochs of pretraining and 100 of fine-tuning at width 192. Against the number
j of last encoder blocks that are trained with the head, one colour per encoder depth: test accuracy
after the last epoch, and time of training and the largest memory it held, relative to training
everything. At j = 0 only the head is trained; at j = all blocks the embedding is trained as well.
The dashed line is a twofold speed-up. Runs that shared a machine slowed each other down. Lines are
means over seeds, bands or bars the range of the seeds; with one seed, bars are two standard errors
of the judged images; ratios are taken seed by seed. The first data set, network and recipe of the
table are drawn, and of its other settings the choice with the most numbers of trained blocks (the
first if several have as many). Chance is one over the number of classes.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import (
    curves,
    entries,
    looks,
    measure_panels,
    percent,
    setting_axis,
)
from spatial_mae.figures.drawing.measures import TUNED
from spatial_mae.figures.drawing.scores import TUNING, with_errors
from spatial_mae.figures.drawing.style import GREY, legend, styled, title
from spatial_mae.tables.columns import label
from spatial_mae.tables.needs import keep, runs, several
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, levels, widest
from spatial_mae.tables.runs import SETTING

KIND = "fine_tuning"
IN_PAPER = "Bisulco Figs. 12, 15"
COSTS = ("seconds", "peak_memory_bytes")
MEASURES = {"accuracy": TUNED}
TITLES = {"accuracy": "accuracy"} | {column: label(column) for column in COSTS}
HALF = {"color": GREY, "linestyle": "--", "linewidth": 0.7}
MEASURES |= dict.fromkeys(COSTS, "relative to all blocks")


def select(rows: list[Row]) -> list[Row]:
    """Accuracy and relative costs of every number of trained blocks and encoder depth."""
    rows = runs(rows, KIND, (*TUNING, *COSTS), "tuning_epochs")
    rows = widest(rows, "blocks", "patch", "unit", "mask", "dec")
    several(rows, "blocks")
    whole = {_run(row): row for row in keep(rows, blocks="all")}
    rows = [
        row | {"trained_blocks": row["enc"] if row["blocks"] == "all" else row["blocks"]}
        for row in rows
        if row["blocks"] != row["enc"] or _run(row) not in whole
    ]
    found = []
    for measure in MEASURES:
        relative = [row | {"relative": _relative(row, whole, measure)} for row in rows]
        shown = over_seeds(relative, (*SETTING, "trained_blocks"), "relative")
        shown = with_errors(shown) if measure == "accuracy" else shown
        found += [row | {"measure": measure} for row in shown]
    return found


def _run(row: Row) -> tuple:
    return tuple(row[key] for key in (*SETTING, "seed"))


def _relative(row: Row, whole: dict[tuple, Row], measure: str) -> float | None:
    """The measure itself, or a cost as a share of the run's that trained all blocks."""
    reference = 1 if measure == "accuracy" else whole.get(_run(row), {}).get(measure)
    return row[measure] / reference if reference and row[measure] is not None else None


@styled
def draw(rows: list[Row]) -> Figure:
    figure, cells = measure_panels(rows, MEASURES, height=2.0)
    styles = looks(levels(rows, "enc"))
    for measure, axis, shown in cells:
        curves(axis, shown, "trained_blocks", "enc", styles)
        if measure == "accuracy":
            percent(axis, MEASURES[measure], shown)
        else:
            axis.set(ylabel=MEASURES[measure])
            axis.set_ylim(0, 1.08 * max(1, *(row["high"] for row in shown)))
        if measure == "seconds":
            axis.axhline(0.5, **HALF)
        setting_axis(axis, rows, "trained_blocks")
        title(axis, TITLES[measure])
    legend(figure, entries(styles, "encoder depth {}") | {"half the time": HALF})
    return figure
