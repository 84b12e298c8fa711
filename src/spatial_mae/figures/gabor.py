"""Predicting Gabor features from the latents

Answers Fig. 7 of Bisulco et al. (2025): test error of a linear map from the k latents to the
image's whole response to a Gabor function (Eq. 8), as a share of the target's variance, against the
scale of the Gabor, one colour per mask ratio m, black the autoencoder. The text leaves open how the
Gabor grows, whether the encoder sees whole or masked images (at the model's own mask ratio), and
the angular frequency w, in radians per pixel; each choice has its panel. Rows: data set and what
grows with the scale: the wavelet (window and wavelength) or only its Gaussian window, each row with
its own scale of errors. Errors are means over orientations. Only the first readout, patch size, k
and other settings are drawn, and at most two frequencies, the lowest and the highest.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.models import draw_models, name_models, ratio_colours
from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import log_x, log_y, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, keep_masked, require, several
from spatial_mae.tables.repeats import average
from spatial_mae.tables.rows import Row, few, first, groups, levels, most_images, pick
from spatial_mae.tables.settings import SOLUTION

KIND = "gabor"
IN_PAPER = "Bisulco Fig. 7"
CELL = ("reading", "readout", "input")
COLUMNS = (*CELL, "model", "mask_ratio", "n_latents", "scale", "frequency", "orientation", "error")
GROWING = {"wavelet": "wavelet grows", "window": "window grows"}
MEANING = "w: frequency of the Gabor in rad/pixel; error averaged over orientations"
SEEN = {"whole": "whole images", "masked": "masked images"}
FIRST = ("readout", "colour", "patch", "centring", "ridge", "flip", "n_latents")


def select(rows: list[Row]) -> list[Row]:
    """Errors averaged over orientations, of one readout and at most two frequencies."""
    require(rows, KIND, ("dataset", *COLUMNS))
    several(rows, "scale")
    rows = most_images(keep(rows, model="ae") + keep_masked(rows))
    rows = few(first(rows, *FIRST, within=("dataset",)), "frequency", 2)
    keys = (*SOLUTION, *CELL, "frequency", "model", "mask_ratio", "n_latents", "scale")
    return average(rows, keys, ["error"])


@styled
def draw(rows: list[Row]) -> Figure:
    lines_of = groups(rows, "dataset", "reading")
    cells = sorted(groups(rows, "input", "frequency"), key=lambda c: (c[0] != "whole", c[1]))
    frame = notes(rows, MEANING)
    figure, axes = panels(len(lines_of), len(cells), frame, sharey="row", sharex=True, height=1.6)
    colours = ratio_colours(rows)
    for line_of_axes, ((dataset, reading), group) in zip(axes, lines_of.items(), strict=True):
        for axis, (seen, frequency) in zip(line_of_axes, cells, strict=True):
            shown = pick(group, input=seen, frequency=frequency)
            draw_models(axis, shown, "scale", "error", colours, marker="o")
            log_x(axis, levels(shown, "scale"))
            log_y(axis)
            title(axis, f"{SEEN.get(seen, seen)}, w = {frequency:g}")
        where = f"{readable(dataset)}, {GROWING.get(reading, reading)}"
        line_of_axes[0].set_ylabel(f"{where}\n{axis_label('error')}")
    for axis in axes[-1]:
        axis.set_xlabel(axis_label("scale"))
    name_models(figure, colours)
    return figure
