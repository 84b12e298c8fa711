"""Predicting Gabor features from the latents

Answers Fig. 7 of Bisulco et al. (2025): test error of a linear map from the k latents to the
image's whole response to a Gabor function (Eq. 8), as a share of the target's variance, against the
scale of the Gabor, one colour per mask ratio m, black the autoencoder. The outcome depends on
choices that the text leaves open, so each has its panel: the reading of Eq. 8 (wavelet: window and
wavelength grow together; window: only the Gaussian window grows), the readout (free of scale, or
with a ridge on the latents), whether the encoder's input is masked (at the model's own mask ratio),
and the angular frequency w, in radians per pixel. Errors are means over orientations. Rows of
panels: data set, reading and frequency; columns: readout and input. Only the first patch size, k
and other settings are drawn.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.models import draw_models, name_models, ratio_colours
from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import log_x, log_y, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, keep_masked, require, several
from spatial_mae.tables.repeats import average
from spatial_mae.tables.rows import Row, first, groups, levels, most_images, pick
from spatial_mae.tables.settings import SOLUTION

KIND = "gabor"
IN_PAPER = "Bisulco Fig. 7"
CELL = ("reading", "readout", "input")
COLUMNS = (*CELL, "model", "mask_ratio", "n_latents", "scale", "frequency", "orientation", "error")
FIRST = ("colour", "patch", "centring", "ridge", "flip", "n_latents")


def select(rows: list[Row]) -> list[Row]:
    """Errors averaged over orientations, for every cell, frequency, mask ratio and scale."""
    require(rows, KIND, ("dataset", *COLUMNS))
    several(rows, "scale")
    rows = most_images(keep(rows, model="ae") + keep_masked(rows))
    rows = first(rows, *FIRST, within=("dataset",))
    keys = (*SOLUTION, *CELL, "frequency", "model", "mask_ratio", "n_latents", "scale")
    return average(rows, keys, ["error"])


@styled
def draw(rows: list[Row]) -> Figure:
    lines_of = groups(rows, "dataset", "reading", "frequency")
    cells = list(groups(rows, "readout", "input"))
    frame = notes(rows, "error averaged over orientations")
    figure, axes = panels(len(lines_of), len(cells), frame, sharey="row", sharex=True, height=1.7)
    colours = ratio_colours(rows)
    for line_of_axes, (key, group) in zip(axes, lines_of.items(), strict=True):
        dataset, reading, frequency = key
        for axis, (readout, seen) in zip(line_of_axes, cells, strict=True):
            shown = pick(group, readout=readout, input=seen)
            draw_models(axis, shown, "scale", "error", colours, marker="o")
            log_x(axis, levels(shown, "scale"))
            log_y(axis)
            title(axis, f"{reading}, {readout}, {seen}")
        where = f"{readable(dataset)}, w = {frequency:g}"
        line_of_axes[0].set_ylabel(f"{where}\n{axis_label('error')}")
    for axis in axes[-1]:
        axis.set_xlabel(axis_label("scale"))
    name_models(figure, colours)
    return figure
