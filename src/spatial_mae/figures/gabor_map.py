"""Where high mask ratios help to predict Gabor features

Fig. 7 of Bisulco et al. (2025) without a choice of the Gabor's frequency and orientation, which the
text leaves open: test error of the models with mask ratios below 0.5 minus that of those at or
above (means over the ratios; share of the response's variance), over the scale of the Gabor and its
angular frequency w (radians a pixel). Blue: high ratios predict better. A dot marks cells whose
interval of 95 %, of the difference paired by test image, excludes zero. Columns: orientation. Rows,
each with its own colour scale: the reading of Eq. 8 (wavelet: window and wavelength grow together;
window: only the window grows) and whether the encoder sees the whole image or, as in training, one
with its own mask ratio. The first data set, patch size, k, readout and other settings are drawn.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, number
from spatial_mae.figures.drawing.style import grid_of, panels, styled, title
from spatial_mae.files import Row
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, require, several
from spatial_mae.tables.rows import first, groups, levels, most_images, pick, project
from spatial_mae.tables.settings import SOLUTION

KIND = "gabor_map"
IN_PAPER = "Bisulco Fig. 7"
CELL = ("reading", "input", "readout", "n_latents", "scale", "frequency", "orientation")
VALUES = ("gain", "interval_low", "interval_high")
FIRST = ("dataset", "colour", "patch", "centring", "ridge", "flip", "n_latents", "readout")
LOW = "low m"
GAIN = "gain: error at m < 0.5 less that at m ≥ 0.5, as a share of the variance"
DOTS = "dots: its 95 % interval excludes 0"


def select(rows: list[Row]) -> list[Row]:
    """Gains of high over low mask ratios for one setting: every reading, input and filter."""
    require(rows, KIND, ("dataset", "against", *CELL, *VALUES))
    rows = first(most_images(keep(rows, against=LOW)), *FIRST)
    for column in ("scale", "frequency"):
        several(rows, column)
    return project(rows, (*SOLUTION, *CELL, *VALUES))


@styled
def draw(rows: list[Row]) -> Figure:
    lines_of, angles = groups(rows, "reading", "input"), levels(rows, "orientation")
    figure, axes = panels(len(lines_of), len(angles), notes(rows, GAIN, DOTS), height=1.7)
    for line_of_axes, ((reading, seen), group) in zip(axes, lines_of.items(), strict=True):
        limit = max(abs(row["gain"]) for row in group)
        for axis, angle in zip(line_of_axes, angles, strict=True):
            image = _map(axis, pick(group, orientation=angle), limit)
            title(axis, f"{reading}, {seen} input, {number(angle)}°")
        line_of_axes[0].set_ylabel(axis_label("frequency").replace(", ", ",\n"))
        bar = figure.colorbar(image, ax=line_of_axes, fraction=0.03, pad=0.02)
        bar.set_label("gain of high m")
        bar.outline.set_linewidth(0.4)
    for axis in axes[-1]:
        axis.set_xlabel(axis_label("scale"))
    return figure


def _map(axis: Axes, rows: list[Row], limit: float):
    """Gains as colours, dots where the interval excludes zero."""
    scales, frequencies = levels(rows, "scale"), levels(rows, "frequency")
    values = grid_of(rows, "frequency", "scale", "gain")
    look = {"cmap": "RdBu", "vmin": -limit, "vmax": limit}
    image = axis.imshow(values, origin="lower", aspect="auto", **look)
    sure = [row for row in rows if row["interval_low"] > 0 or row["interval_high"] < 0]
    x = [scales.index(row["scale"]) for row in sure]
    y = [frequencies.index(row["frequency"]) for row in sure]
    axis.scatter(x, y, s=2.5, color="black", linewidths=0)
    axis.set_xticks(np.arange(len(scales)), [number(value) for value in scales])
    axis.set_yticks(np.arange(len(frequencies)), [number(value) for value in frequencies])
    axis.spines[:].set_visible(True)
    return image
