"""Spatial entropy of trained networks' output pixels, over mask ratio and patch size

Answers Figs. 9 and 13 of Bisulco et al. (2025), at the scale of training named below. Histograms
over output pixels of the spatial entropy (Eq. 11) of an output pixel's shares of |J| over the
visible pixels, J the Jacobian of the reconstruction at a masked image: low where few pixels move
it, largest where all move it equally. Upper panels, one per mask ratio m: colours are patch sizes.
Lower panels, one per patch size: the same histograms, colours are mask ratios. A row without
differences is left out. Solid above a faint area: the trained network; dashed: the linear MAE
(closed form of full rank, fitted to the same images). Triangles mark the means of the histograms,
up and filled for the network, below and open for the linear MAE; dotted lines mark the entropy of
equal weights on all visible pixels, which depends only on the mask. Histograms are averaged over
seeds. The first data set, network and recipe of the table are drawn, in its first conventions, and
of its other settings the choice with the most pairs of patch size and mask ratio, at most four of
each.
"""

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from spatial_mae.figures.drawing.jacobians import (
    CELL,
    CONVENTIONS,
    STROKES,
    chosen,
    entropy_label,
    entropy_unit,
    strokes,
    thinned,
)
from spatial_mae.figures.drawing.notes import notes, remarks
from spatial_mae.figures.drawing.style import GREY, legend, ordered, panels, styled, title
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, groups, levels, pick
from spatial_mae.tables.runs import SETTING

KIND = "entropy_histogram"
IN_PAPER = "Bisulco Figs. 9, 13"
BOUND = "uniform"  # source: all visible pixels alike
# Of the triangle at a histogram's mean: how high in the panel, and its fill.
MEANS = {"network": (0.97, "full"), "linear": (0.9, "none")}
TRIANGLES = "triangles: means, filled of the network, open of the linear MAE"
ROOM = 1.2  # for them above the curves
NAMES = {"mask": "m = {:g}", "patch": "patch {}"}
# What the panels of a row are, what its colours are, and from which palette.
ROWS = (("mask", "patch", "viridis"), ("patch", "mask", "plasma"))


def select(rows: list[Row]) -> list[Row]:
    """Every bin's density (`mark` bin), and the mean of each histogram (`mark` mean)."""
    require(rows, KIND, ("dataset", *SETTING, "source", *CONVENTIONS, "low", "high", "share"))
    rows = thinned(chosen(rows))
    keep(rows, source="network")
    bins = [
        row | {"from": row["low"], "to": row["high"], "density": _density(row)}
        for row in pick(rows, source=[*STROKES, BOUND])
    ]
    bins = over_seeds(bins, (*CELL, "from", "to"), "density")
    drawn = [{"mark": "bin"} | row for row in pick(bins, source=list(STROKES))]
    histograms = groups(bins, *CELL).values()
    means = [_mean(bins) for bins in histograms if any(row["value"] for row in bins)]
    return drawn + _bounded(means)


def _density(row: Row) -> float | None:
    return None if row["share"] is None else row["share"] / (row["high"] - row["low"])


def _mean(histogram: Sequence[Row]) -> Row:
    middles = [(row["from"] + row["to"]) / 2 for row in histogram]
    shares = [row["value"] * (row["to"] - row["from"]) for row in histogram]
    mean = sum(share * middle for share, middle in zip(shares, middles, strict=True)) / sum(shares)
    if histogram[0]["source"] == BOUND and sum(map(bool, shares)) == 1:
        mean = _of_equal_weights(histogram, mean)
    gone = dict.fromkeys(("from", "to", "low", "high"))
    return {"mark": "mean"} | histogram[0] | gone | {"value": mean}


def _of_equal_weights(histogram: Sequence[Row], middle: float) -> float:
    """The entropy of equal weights where masks hide a fixed number: a number, not a bin.

    The last bin ends at the entropy of all pixels, or at 1 if it is normalised. `middle`, of the
    filled bin, where it was normalised by the entropy of all pixels: their number is not known.
    """
    row, top = histogram[0], max(row["to"] for row in histogram)
    if row["normalised"] == "all":
        return middle
    hidden = math.log(1 - row["mask"]) if row["normalised"] == "no" else 0.0
    even = top + hidden / (math.log(2) if row["base"] == 2 else 1)
    [filled] = [row for row in histogram if row["value"]]
    return min(max(even, filled["from"]), filled["to"])  # a mask ratio hides whole patches


def _bounded(means: Sequence[Row]) -> list[Row]:
    """The means, those of histograms at most that of equal weights on the same pixels."""
    cell = [key for key in CELL if key != "source"]
    bounds = {tuple(row[k] for k in cell): row["value"] for row in pick(means, source=BOUND)}
    tops = [bounds.get(tuple(row[k] for k in cell), math.inf) for row in means]
    return [row | {"value": min(row["value"], top)} for row, top in zip(means, tops, strict=True)]


@styled
def draw(rows: list[Row]) -> Figure:
    shown = [row for row in ROWS if len(levels(rows, row[1])) > 1] or list(ROWS[:1])
    across = max(len(levels(rows, panel)) for panel, _, _ in shown)
    note = notes(rows, *remarks(rows), TRIANGLES)
    figure, axes = panels(len(shown), across, note, height=1.6, sharey="row")
    index, unit = 0, entropy_unit(rows)
    for line, (panel, column, palette) in zip(axes, shown, strict=True):
        colours = ordered(levels(rows, column), palette)
        for axis in line[len(levels(rows, panel)) :]:
            axis.set_axis_off()
        for axis, value in zip(line, levels(rows, panel), strict=False):
            _draw_histograms(axis, pick(rows, **{panel: value}), column, colours)
            axis.set(xlabel=entropy_label(rows), xlim=_reach(rows))
            title(axis, NAMES[panel].format(value), index)
            index += 1
        line[0].set_ylabel(f"density (per {unit[:-1]})" if unit else "density")
        line[0].set_ylim(0, line[0].get_ylim()[1] * ROOM)
        _name_colours(line[-1], {NAMES[column].format(v): c for v, c in colours.items()})
    bound = {"equal weights": {"color": GREY, "linestyle": ":"}}
    legend(figure, strokes(rows, GREY) | (bound if pick(rows, source=BOUND) else {}))
    return figure


def _name_colours(axis: Axes, colours: Mapping[str, tuple]) -> None:
    handles = [Line2D([], [], color=colour, label=name) for name, colour in colours.items()]
    axis.legend(handles=handles, loc="center left", bbox_to_anchor=(1.02, 0.5), handlelength=1)


def _draw_histograms(axis: Axes, rows: list[Row], column: str, colours: Mapping) -> None:
    for value, colour in colours.items():
        own = pick(rows, **{column: value})
        for source, stroke in STROKES.items():
            _draw_steps(axis, pick(own, source=source, mark="bin"), colour, stroke)
        for row in pick(own, mark="mean"):
            if row["source"] == BOUND:  # one for all patch sizes
                shade = GREY if column == "patch" else colour
                axis.axvline(row["value"], color=shade, linestyle=":", linewidth=0.8, zorder=0)
            else:
                look = {"color": colour, "marker": "v", "markersize": 3.5, "markeredgewidth": 0.7}
                height, fill = MEANS[row["source"]]
                look |= {"fillstyle": fill, "transform": axis.get_xaxis_transform()}
                axis.plot(row["value"], height, **look)


def _draw_steps(axis: Axes, rows: list[Row], colour: object, stroke: str) -> None:
    if not rows:
        return
    rows = sorted(rows, key=lambda row: row["from"])
    edges = [row["from"] for row in rows] + [rows[-1]["to"]]
    heights = [row["value"] for row in rows] + [rows[-1]["value"]]
    axis.plot(edges, heights, drawstyle="steps-post", color=colour, linestyle=stroke, linewidth=0.9)
    if stroke == "-":
        axis.fill_between(edges, heights, step="post", color=colour, alpha=0.12, linewidth=0)


def _reach(rows: Sequence[Row]) -> tuple[float, float]:
    """From the lowest to the highest bin that holds anything, and a little more."""
    filled = [row for row in pick(rows, mark="bin") if row["value"] > 0]
    low, high = min(row["from"] for row in filled), max(row["to"] for row in filled)
    high = max([high, *(row["value"] for row in pick(rows, mark="mean"))])
    return low - 0.03 * (high - low), high + 0.03 * (high - low)
