"""Time and memory of pretraining over the depths of encoder and decoder

Answers Fig. 10 (left) of Bisulco et al. (2025), at the scale and on the device named below: theirs
is hours of 2000 epochs at width 192 on one GPU. Against the number of encoder blocks, one colour a
number of decoder blocks: time of the training loop, all its interruptions left out, and the largest
memory it held. The encoder sees visible patches only, the decoder all of them, so that a block of
the decoder should cost more where both are as wide (the width named below is the encoder's). Runs
that shared a machine slowed each other down. Lines are means over seeds, bands the range of the
seeds. The first data set, network and recipe of the table are drawn, and of its other settings the
choice with the most encoder depths (the first if several have as many).
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import curves, entries, looks, measure_panels, setting_axis
from spatial_mae.figures.drawing.scores import EVALUATION, in_units
from spatial_mae.figures.drawing.style import legend, styled, title
from spatial_mae.tables.columns import label
from spatial_mae.tables.needs import runs, several
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, levels, widest
from spatial_mae.tables.runs import SETTING, at_end

KIND = "evaluation"
IN_PAPER = "Bisulco Fig. 10"
COSTS = {"pretrain_seconds": "time", "pretrain_peak_memory_bytes": "memory"}


def select(rows: list[Row]) -> list[Row]:
    """Time and memory of every depth, in the largest unit that the greatest exceeds."""
    rows = widest(runs(rows, KIND, (*EVALUATION, *COSTS)), "enc", "patch", "unit", "mask")
    several(rows, "enc")
    last = [row for row in rows if at_end(row)]
    counts = {"n_train": None, "n_test": None}  # of probes, which take no part in these costs
    trained = {tuple(row[key] for key in (*SETTING, "seed")): row | counts for row in last}.values()
    return [row for cost in COSTS for row in in_units(over_seeds(trained, SETTING, cost), cost)]


@styled
def draw(rows: list[Row]) -> Figure:
    figure, cells = measure_panels(rows, COSTS, "cost", height=1.9)
    styles = looks(levels(rows, "dec"))
    for cost, axis, shown in cells:
        curves(axis, shown, "enc", "dec", styles)
        setting_axis(axis, shown, "enc")
        axis.set_ylim(0, 1.08 * max(row["high"] for row in shown))
        axis.set_ylabel(f"{COSTS[cost]} ({shown[0]['cost_unit']})")
        title(axis, label(cost))
    legend(figure, entries(styles, "decoder depth {}"))
    return figure
