"""Accuracy of a linear probe on shifted images, over mask ratio and mask unit

Measures what Table 1 of Kong et al. (2023) lists for variants of ImageNet, at the scale named
below: theirs is 800 epochs of ImageNet-1k at width 768. A linear probe is fitted to the training
images' features, an image's mean patch token or its class token after the final norm; nothing is
fitted to the shifted images. First panel: the data set's own test images. Then the shifted sets of
the table, at most three; where a set has corruptions and severities (CIFAR-10-C), the mean over
them. First row: against the mask ratio of pretraining. Second row: against the side of the mask
unit; a row without two values is left out, and the second where both have two only. Of the table's
depths, and of runs of one patch size or of mask units of one patch, the choice with the most runs
is drawn. Lines are means over seeds, bands or bars the range of the seeds; with one seed, bars are
two standard errors of the judged images. Chance is one over the number of classes.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.masking import draw_over_masking, over_masking
from spatial_mae.figures.drawing.measures import SHIFTED
from spatial_mae.figures.drawing.notes import readable
from spatial_mae.figures.drawing.scores import with_errors
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.needs import runs
from spatial_mae.tables.repeats import FRAME, average
from spatial_mae.tables.rows import Row, distinct, pick
from spatial_mae.tables.runs import PRETRAINING, SETTING, in_percent

KIND = "robustness"
IN_PAPER = "Kong Table 1"
COLUMNS = (*PRETRAINING, "status", "shifted", "metric", "value")
MOST = 4


def select(rows: list[Row]) -> list[Row]:
    """Accuracy in percent on at most four sets, means over corruptions and severities."""
    rows = pick(runs(rows, KIND, COLUMNS), metric="accuracy")
    rows = pick(rows, shifted=distinct(rows, "shifted")[:MOST])
    found = average(rows, (*FRAME, *SETTING, "seed", "shifted"), ["value"])
    return with_errors(over_masking(list(map(in_percent, found)), "shifted"), whole=100)


@styled
def draw(rows: list[Row]) -> Figure:
    sets = distinct(rows, "shifted")
    label = "{}\naccuracy (%)  better →"
    measures = {
        label.format(SHIFTED.get(name, readable(name))): pick(rows, shifted=name) for name in sets
    }
    return draw_over_masking(rows, measures)
