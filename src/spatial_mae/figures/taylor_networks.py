"""Masked loss of a trained network: Taylor predictions against measurement

Tests Appendix B of Bisulco et al. (2025) on trained networks, in the setting of its lemmas: a
hidden patch's values are set to zero, the mean of the training pixels, and the encoder reads all
patches, which is not how the network was trained; every patch is hidden independently with
probability m. Top: masked loss over the mean squared norm of what is to be reconstructed, 1 being
the loss of predicting zeros. Black points: measured over masks, with bars of two standard errors;
lines: the first-order expansion at the mean masked input (1 - m) x (Lemma 4) or at the whole input
x (Lemma 5). Lemma 6 is about a functional of the input, for which it is exact if that is linear:
here the class token, whose masked output is compared with that of the whole image; its own measured
loss has hollow points. Bottom: relative error of the predictions. One panel per input scale, by
which standardised images are multiplied: the larger, the further from linear the network.
Predictions above two and a half times the greatest measured loss are outside the panel. The first
run of the table is drawn: its first patch size, mask ratio, depths and seed.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.lemmas import COLUMNS, compared, draw_lemmas
from spatial_mae.figures.drawing.notes import TWO_ERRORS, notes, remarks
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.needs import runs
from spatial_mae.tables.repeats import FRAME, of_one_seed
from spatial_mae.tables.rows import Row, first
from spatial_mae.tables.runs import RUN, SETTING

KIND = "masked_loss"
IN_PAPER = "Bisulco App. B"
AS_PREDICTED = "its patches have mean 0 and deviation 1, and are compared with pixels all the same"
KEPT = (*FRAME, *SETTING, "n_masks", *COLUMNS, "standard_error")


def select(rows: list[Row]) -> list[Row]:
    """All mask ratios and lemmas, at most four input scales, and the error of each prediction."""
    rows = first(runs(rows, KIND, ("dataset", *COLUMNS, "standard_error")), *RUN)
    rows = [of_one_seed(row, KEPT) for row in rows]
    return compared([_named(row) for row in rows])


def _named(row: Row) -> Row:
    """A row that names the mask ratio of the training and that of the loss differently."""
    return {"trained_mask" if key == "mask" else key: value for key, value in row.items()}


@styled
def draw(rows: list[Row]) -> Figure:
    note = notes(rows, *remarks(rows, AS_PREDICTED), TWO_ERRORS)
    return draw_lemmas(rows, note, "masked loss / squared norm")
