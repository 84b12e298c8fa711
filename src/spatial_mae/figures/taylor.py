"""Masked loss of a non-linear network: Taylor predictions against measurement

Checks Lemmas 4 and 5 (App. B and C) of Bisulco et al. (2025), which replace a non-linear network by
its first-order expansion, at the mean masked input (1 - m) x (Lemma 4) or at the whole input x
(Lemma 5); the paper expects the approximation to hold for small mask ratios only. Points: mean
masked loss measured over masks, with bars of two standard errors; lines: predictions. One panel an
input scale: the larger the input, the further from linear the network. Predictions above two and a
half times the greatest measured loss are outside the panel.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.lemmas import COLUMNS, compared, draw_lemmas
from spatial_mae.figures.drawing.notes import TWO_ERRORS, notes
from spatial_mae.figures.drawing.style import styled
from spatial_mae.tables.needs import require
from spatial_mae.tables.rows import Row, project

KIND = "taylor"
IN_PAPER = "Bisulco App. B"
SAMPLED = ("standard_error", "n_masks")


def select(rows: list[Row]) -> list[Row]:
    """All mask ratios and lemmas, at most four input scales, and the error of each prediction."""
    require(rows, KIND, (*COLUMNS, *SAMPLED))
    return compared(project(rows, (*COLUMNS, *SAMPLED)))


@styled
def draw(rows: list[Row]) -> Figure:
    return draw_lemmas(rows, notes(rows, TWO_ERRORS))
