"""Spatial scale of what masked autoencoders learn, over mask ratio and patch size

Answers Fig. 1 of Bisulco et al. (2025), a drawing which says that mask ratio and patch size set the
spatial scale of the learned correlations, with measured numbers, at the scale of training named
below. Each cell is a mask ratio m (across) and a patch size (up), its number and colour the mean
over seeds; grey cells were not run. Spread of the linear MAE (closed form of full rank, fitted to
the same images) and of the trained network: mean distance of the visible pixels from an output
pixel, weighted by their shares of |J|, J the Jacobian of the reconstruction, with one scale of
colours for both. Where output pixels are hidden, their own patch has no share; the distance of |W|
in the figures of influence counts that patch too, and can grow with m, as weight moves out of it,
where this spread falls. The last panel is the network's spatial entropy (Eq. 11) of these shares.
Means over output pixels, masks and images, as named below. The first data set, network and recipe
of the table are drawn, in its first conventions, and of its other settings the choice with the most
cells (the first if several have as many).
"""

import math
from collections.abc import Sequence
from itertools import product

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.jacobians import CELL, CONVENTIONS, chosen, entropy_label
from spatial_mae.figures.drawing.notes import notes, number, remarks
from spatial_mae.figures.drawing.style import grid_of, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, require, several
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, levels, pick
from spatial_mae.tables.runs import SETTING

KIND = "jacobian"
IN_PAPER = "Bisulco Fig. 1"
PANELS = {
    ("linear", "spread"): "linear MAE: spread",
    ("network", "spread"): "network: spread",
    ("network", "entropy"): "network: entropy",
}
MAPS = {"spread": "viridis", "entropy": "cividis"}
NOT_RUN = "0.88"
LOWEST = 1.5  # inches of a row of panels: the name beside its colour bar must fit
ACROSS = 6  # with more mask ratios than this, panels are placed above each other


def select(rows: list[Row]) -> list[Row]:
    """Spread of the linear MAE and of the network, and the network's entropy, in every cell."""
    require(rows, KIND, ("dataset", *SETTING, "source", "measure", *CONVENTIONS, "value"))
    rows = chosen(rows)
    keep(rows, source="network")
    if len(levels(rows, "patch")) < 2:
        several(rows, "mask")
    kept = [row for row in rows if (row["source"], row["measure"]) in PANELS]
    return over_seeds(kept, (*CELL, "measure"))


@styled
def draw(rows: list[Row]) -> Figure:
    cells = {key: pick(rows, source=key[0], measure=key[1]) for key in PANELS}
    cells = {key: shown for key, shown in cells.items() if shown}
    scales = {measure: _scale(rows, measure) for _, measure in cells}
    masks, patches = levels(rows, "mask"), levels(rows, "patch")
    stacked = len(masks) > ACROSS
    shape = (len(cells), 1) if stacked else (1, len(cells))
    height = max(LOWEST, 0.6 + (0.2 if stacked else 0.3) * len(patches))
    figure, axes = panels(*shape, notes(rows, *remarks(rows)), height=height)
    axes_of: dict[str, list[Axes]] = {}
    for axis, key in zip(axes.flat, cells, strict=True):
        _draw_cells(axis, cells[key], masks, patches, scales[key[1]])
        title(axis, PANELS[key])
        axes_of.setdefault(key[1], []).append(axis)
    for axis in axes[-1]:
        axis.set_xlabel(axis_label("mask"))
    for axis in axes[:, 0]:
        axis.set_ylabel(axis_label("patch"))
    for measure, some in axes_of.items():
        name = axis_label("spread") if measure == "spread" else entropy_label(rows)
        bar = figure.colorbar(scales[measure], ax=some, label=name, pad=0.02, aspect=15)
        bar.outline.set_linewidth(0.4)
    return figure


def _scale(rows: Sequence[Row], measure: str) -> ScalarMappable:
    """One scale of colours for all cells of a measure, whatever their source."""
    values = [row["value"] for row in pick(rows, measure=measure)]
    return ScalarMappable(Normalize(min(values), max(values)), MAPS[measure])


def _draw_cells(
    axis: Axes, rows: Sequence[Row], masks: list, patches: list, scale: ScalarMappable
) -> None:
    places = [{"mask": m, "patch": p, "value": math.nan} for m, p in product(masks, patches)]
    values = grid_of([*places, *rows], "patch", "mask", "value")
    axis.imshow(values, cmap=scale.cmap, norm=scale.norm, origin="lower", aspect="auto")
    for row in rows:
        place = masks.index(row["mask"]), patches.index(row["patch"])
        look = {"ha": "center", "va": "center", "size": 6, "color": _ink(scale, row["value"])}
        axis.text(*place, f"{row['value']:#.3g}".rstrip("."), **look)
    axis.set_xticks(range(len(masks)), [number(value) for value in masks])
    axis.set_yticks(range(len(patches)), [number(value) for value in patches])
    axis.tick_params(length=0)
    axis.set_facecolor(NOT_RUN)
    axis.spines[:].set_visible(True)


def _ink(scale: ScalarMappable, value: float) -> str:
    """Black or white, whichever has more contrast on the colour of a value (WCAG 2's contrast)."""
    shades = [((part + 0.055) / 1.055) ** 2.4 for part in scale.to_rgba(value)[:3]]
    luminance = sum(w * shade for w, shade in zip((0.2126, 0.7152, 0.0722), shades, strict=True))
    return "black" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "white"
