"""Accuracy after fine-tuning, over the depths of encoder and decoder in pretraining

Answers Fig. 15 (left) of Bisulco et al. (2025), at the scale named below: theirs is 2000 epochs of
pretraining and 100 of fine-tuning at width 192. Test accuracy, after the last epoch, of encoders
all of whose layers were fine-tuned on the labelled training images, against the number of encoder
blocks, one colour per number of decoder blocks in pretraining (the decoder itself is dropped).
Lines are means over seeds, bands or bars the range of the seeds; with one seed, bars are two
standard errors of the judged images. The first data set, network and recipe of the table are drawn,
and of its other settings the choice with the most encoder depths (the first if several have as
many). Chance is one over the number of classes.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import draw_tuned
from spatial_mae.figures.drawing.scores import tuned_over
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.rows import Row

KIND = "fine_tuning"
IN_PAPER = "Bisulco Fig. 15"


def select(rows: list[Row]) -> list[Row]:
    """Accuracies of all encoder and decoder depths."""
    return tuned_over(rows, "enc", fixed=("patch", "unit", "mask"))


@styled
def draw(rows: list[Row]) -> Figure:
    return draw_tuned(rows, "enc", "dec", "decoder depth {}")
