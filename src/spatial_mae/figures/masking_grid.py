"""Reconstruction and linear probes over mask ratio and patch size

Answers Fig. 11 of Bisulco et al. (2025), at the scale named below: theirs is 2000 epochs at width
192. Against the mask ratio m of pretraining, one colour per patch size: the mean squared error of
hidden pixels on held-out images, masked at the same ratio, in units of the pixels' variance (1 is
predicting the mean colour); and the test accuracy of linear probes on the frozen encoder, which
sees whole images, read from the [CLS] token or from the mean of the patch tokens. Thin lines are
probes of features without pretraining: raw pixels, their principal components and a linear MAE (as
many as the encoder is wide), and the same encoder untrained. Lines are means over seeds, bands or
bars the range of the seeds; with one seed, bars are two standard errors of the judged images. The
first data set, network and recipe of the table are drawn, and of its other settings the choice with
the most mask ratios (the first if several have as many). Chance is one over the number of classes.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.curves import draw_scores
from spatial_mae.figures.drawing.scores import scores_over
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.rows import Row

KIND = "evaluation"
IN_PAPER = "Bisulco Fig. 11"


def select(rows: list[Row]) -> list[Row]:
    """Scores of all mask ratios and patch sizes, and their controls."""
    return scores_over(rows, "mask", fixed=("unit", "enc", "dec"), along=("patch", "mask"))


@styled
def draw(rows: list[Row]) -> Figure:
    return draw_scores(rows, "mask", "patch", "patch {}")
