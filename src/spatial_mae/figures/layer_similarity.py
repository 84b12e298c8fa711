"""Similarity of the layers of encoders of different depths

Answers the comparison by centred kernel alignment (CKA) in the appendix of Bisulco et al. (2025),
whose reference has 12 encoder and 4 decoder blocks; the depths of the runs drawn here are next to
the panels, their network and recipe below. Linear CKA, 1 for features equal up to rotation and
scale, between layers of one encoder (up) and of the reference encoder (across); layers are the
outputs of the blocks, of which the tokens named below are compared (an image's mean patch token or
its class token), on whole images of the split named there. As in the paper, white is similar, black
is not. The estimate is unbiased and may fall a little below 0, where it is drawn black. Panels of
at most 36 pairs say their numbers. Means over seeds; the first data set, network, recipe, patch
size, mask unit, mask ratio and decoder depth of the table are drawn, at most eight encoder depths.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spatial_mae.figures.drawing.notes import notes, remarks
from spatial_mae.figures.drawing.style import grid_of, styled, title, wrapped
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import runs
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, few, first, levels, pick
from spatial_mae.tables.runs import PRETRAINING, SETTING

KIND = "similarity"
IN_PAPER = "Bisulco App. D"
COLUMNS = ("layer", "reference_layer", "reference_enc")
MOST, ACROSS = 8, 4
MOST_NUMBERS = 36  # cells of a panel, where their numbers can be read
MIDDLE = 0.55  # below it the colours are dark


def select(rows: list[Row]) -> list[Row]:
    """CKA of every pair of layers for at most eight encoder depths."""
    rows = runs(rows, KIND, (*PRETRAINING, "status", *COLUMNS, "cka"))
    rows = first(rows, "patch", "unit", "mask", "dec", "reference_enc")
    return over_seeds(few(rows, "enc", MOST), (*SETTING, *COLUMNS), "cka")


@styled
def draw(rows: list[Row]) -> Figure:
    depths = levels(rows, "enc")
    figure, axes = wrapped(len(depths), ACROSS, notes(rows, *remarks(rows)), height=1.75)
    across = min(len(depths), ACROSS)
    for axis, depth in zip(axes, depths, strict=True):
        image = _draw_similarity(axis, pick(rows, enc=depth))
        title(axis, f"encoder depth {depth}")
    for axis in axes[-across:]:
        axis.set_xlabel(f"layer, encoder depth {rows[0]['reference_enc']}")
    for axis in axes[::across]:
        axis.set_ylabel(axis_label("layer"))
    figure.colorbar(image, ax=axes, label=axis_label("cka"), pad=0.02, aspect=15)
    return figure


def _draw_similarity(axis: Axes, rows: list[Row]) -> object:
    values = grid_of(rows, "layer", "reference_layer", "value")
    half = 0.5
    reach = [levels(rows, column) for column in ("reference_layer", "layer")]
    extent = [edge for ends in reach for edge in (ends[0] - half, ends[-1] + half)]
    axis.spines[:].set_visible(True)
    axis.set_box_aspect(1)
    for one in (axis.xaxis, axis.yaxis):
        one.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
    if values.size <= MOST_NUMBERS:
        for row in rows:
            ink = "white" if row["value"] < MIDDLE else "black"
            text = {"ha": "center", "va": "center", "size": 5, "color": ink}
            axis.text(row["reference_layer"], row["layer"], f"{row['value']:.3f}", **text)
    look = {"cmap": "gist_heat", "vmin": 0, "vmax": 1, "origin": "lower", "aspect": "auto"}
    return axis.imshow(values, extent=extent, **look)
