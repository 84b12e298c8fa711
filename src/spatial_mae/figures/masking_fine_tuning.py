"""Accuracy after fine-tuning, over the mask ratio and patch size of pretraining

Goes with Fig. 11 of Bisulco et al. (2025), at the scale named below: theirs is 2000 epochs of
pretraining and 100 of fine-tuning at width 192. Test accuracy, after the last epoch, of encoders
all of whose layers were fine-tuned on the labelled training images, against the mask ratio of
pretraining, one colour per patch size; nothing is masked in fine-tuning. Lines are means over
seeds, bands or bars the range of the seeds; with one seed, bars are two standard errors of the
judged images. The first data set, network and recipe of the table are drawn, and of its other
settings the choice with the most mask ratios (the first if several have as many). Chance is one
over the number of classes.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import draw_tuned
from spatial_mae.figures.drawing.scores import tuned_over
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.rows import Row

KIND = "fine_tuning"
IN_PAPER = "Bisulco App. D"


def select(rows: list[Row]) -> list[Row]:
    """Accuracies of all mask ratios and patch sizes."""
    return tuned_over(rows, "mask", fixed=("unit", "enc", "dec"))


@styled
def draw(rows: list[Row]) -> Figure:
    return draw_tuned(rows, "mask", "patch", "patch {}")
