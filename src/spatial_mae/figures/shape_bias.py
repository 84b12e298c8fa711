"""Shape or texture: a linear probe on images whose cues are in conflict

Measures what Table 2 of Kong et al. (2023) lists, at the scale named below: theirs is 800 epochs of
ImageNet-1k at width 768, its probe on all images of Geirhos et al. (2019). Here images have the
shape of one class and the texture of another, both among the data set's classes, and are shrunk to
the network's size; the probe, fitted to the data set's own images, chooses among the classes that
occur. Shape bias: share of decisions for the shape's class among those for the shape's or the
texture's. Next to it: the shares of all images decided for either. First row: against the mask
ratio of pretraining. Second row: against the side of the mask unit; a row without two values is
left out, and the second where both have two only. Of the table's depths, and of runs of one patch
size or of mask units of one patch, the choice with the most runs is drawn. Lines are means over
seeds, bands their range.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.masking import draw_over_masking, over_masking
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.needs import keep, runs
from spatial_mae.tables.rows import Row, pick
from spatial_mae.tables.runs import PRETRAINING

KIND = "robustness"
IN_PAPER = "Kong Table 2"
COLUMNS = (*PRETRAINING, "status", "metric", "value")
METRICS = {
    "shape_bias": "shape bias",
    "shape_accuracy": "decided for shape",
    "texture_accuracy": "decided for texture",
}


def select(rows: list[Row]) -> list[Row]:
    """The three shares on cue-conflict images."""
    return over_masking(keep(runs(rows, KIND, COLUMNS), metric=list(METRICS)), "metric")


@styled
def draw(rows: list[Row]) -> Figure:
    return draw_over_masking(rows, {label: pick(rows, metric=n) for n, label in METRICS.items()})
