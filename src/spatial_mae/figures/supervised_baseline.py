"""Supervised training from scratch over the depth of the network

Checks what Bisulco et al. (2025, appendix) say of networks trained with labels only, without
pretraining, at the scale named below: there accuracy levels off, and 20 layers do worse than 12.
Accuracy after the last epoch against the number of encoder blocks, one colour per patch size: solid
on test images, dashed and hollow on the training images, not augmented. Lines are means over seeds,
bands the range of the seeds; with one seed, bars are two standard errors of the test images. The
first data set and network of the table are drawn.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import (
    curves,
    entries,
    looks,
    marked,
    percent,
    setting_axis,
)
from spatial_mae.figures.drawing.notes import notes, ranges, remarks
from spatial_mae.figures.drawing.scores import with_errors
from spatial_mae.figures.drawing.style import GREY, legend, panels, styled
from spatial_mae.tables.needs import require, several
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, levels, pick
from spatial_mae.tables.runs import first_completed

KIND = "supervised"
IN_PAPER = "Bisulco App. D"
COLUMNS = ("dataset", "model", "patch", "enc", "seed", "status", "epochs")
SPLITS = {
    "test": {"column": "accuracy", "linestyle": "-"},
    "training": {"column": "train_accuracy", "linestyle": "--"},
}


def select(rows: list[Row]) -> list[Row]:
    """Accuracies on training and test images of all depths and patch sizes."""
    require(rows, KIND, (*COLUMNS, "accuracy", "train_accuracy"))
    several(rows, "enc")
    rows = first_completed(rows, "supervised_epochs")
    found = []
    for split, look in SPLITS.items():
        shown = over_seeds(rows, ("patch", "enc"), look["column"])
        shown = with_errors(shown) if split == "test" else shown
        found += [row | {"judged_on": split} for row in shown]
    return found


@styled
def draw(rows: list[Row]) -> Figure:
    figure, axes = panels(1, 1, notes(rows, *remarks(rows), *ranges(rows)), height=2.0)
    styles = looks(levels(rows, "patch"))
    for split, look in SPLITS.items():
        shown = pick(rows, judged_on=split)
        curves(axes[0, 0], shown, "enc", "patch", styles, linestyle=look["linestyle"])
    setting_axis(axes[0, 0], rows, "enc")
    percent(axes[0, 0], "accuracy (%)    better →", rows)
    strokes = {
        f"{split} images": marked({"color": GREY, "marker": "o", "linestyle": look["linestyle"]})
        for split, look in SPLITS.items()
    }
    legend(figure, entries(styles, "patch {}") | strokes)
    return figure
