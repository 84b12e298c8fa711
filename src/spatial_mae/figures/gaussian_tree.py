"""Level and spatial scale of the same exact solution: the Gaussian tree, over the mask ratio

Both papers' quantities where both can be computed exactly (docs/quad-tree.md): a pixel is the sum
of independent Gaussian latents above it, one per level. A column is a mask unit; rows are for each
ratio of a latent's variance to that of one a level below. Level, after Kong et al. (2023): the mean
level of the latents that features explain, each with the weight of its R squared. Solid, the k
features of the linear MAE, of whole images; thin, the same features of masked images; dashed, the
linear predictor of hidden patches at full rank, of whole images; dotted, the best predictor for
each single mask, what it knows of latents (bars: two standard errors over drawn masks). Distance,
after Bisulco et al. (2025): mean distance of input and target pixel, weighted by |W|, of the same
solid and dashed solutions. The level of k features does not depend on the mask ratio, but for a
step down where two levels change their order; the distance always rises with it.
"""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import TWO_ERRORS, notes, number
from spatial_mae.figures.drawing.style import (
    BLACK,
    CATEGORIES,
    MARKERS,
    legend,
    line,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, require, several
from spatial_mae.tables.rows import Row, first, groups, levels, pick, project

KIND = "gaussian_tree"
IN_PAPER = "Bisulco and Kong"
TREE = ("dimensions", "arity", "depth")
SETTING = (*TREE, "variance_ratio", "law", "unit_level", "mask_ratio")
COLUMNS = (*SETTING, "source", "n_latents", "input", "metric", "level", "value", "standard_error")
METRICS = {"mean_level": "level", "mean_distance": "distance (pixels)"}
OTHERS = {
    ("shared", "whole"): ("predictor of hidden patches", CATEGORIES[1], "--", 1.0),
    ("conditional", "masked"): ("best predictor for each mask", BLACK, ":", 1.0),
}
COLOURS = (CATEGORIES[0], CATEGORIES[2], CATEGORIES[3])  # of the numbers of features
MOST = 4  # columns


def select(rows: list[Row]) -> list[Row]:
    """Mean level and distance of one tree and law, each curve under its name in `curve`."""
    require(rows, KIND, COLUMNS)
    rows = first(rows, *TREE, "law")
    several(rows, "mask_ratio")
    rows = project(keep(rows, metric=list(METRICS)), COLUMNS)
    units = levels(rows, "unit_level")[:MOST]
    ks = levels(rows, "n_latents")[: len(COLOURS)]
    known = {*OTHERS, ("code", "whole"), ("code", "masked")}
    return [
        {"curve": _name(row)} | row
        for row in rows
        if row["unit_level"] in units
        and (row["source"], row["input"]) in known
        and (row["source"] != "code" or row["n_latents"] in ks)
    ]


def _name(row: Row) -> str:
    if row["source"] != "code":
        return OTHERS[row["source"], row["input"]][0]
    masked = ", masked images" if row["input"] == "masked" else ""
    return f"{number(row['n_latents'])} features{masked}"


def _looks(rows: Sequence[Row]) -> dict[str, dict]:
    """Of each curve, in the order of the legend."""
    found = {}
    for place, k in enumerate(levels(rows, "n_latents")):
        for shown, width in (("whole", 1.4), ("masked", 0.6)):
            named = _name({"source": "code", "n_latents": k, "input": shown})
            found[named] = {"color": COLOURS[place], "linewidth": width}
    for name, colour, dash, width in OTHERS.values():
        found[name] = {"color": colour, "linestyle": dash, "linewidth": width}
    there = {row["curve"] for row in rows}
    return {name: look for name, look in found.items() if name in there}


@styled
def draw(rows: list[Row]) -> Figure:
    units = levels(rows, "unit_level")
    lines = list(_lines(rows))
    looks = _looks(rows)
    drawn = [TWO_ERRORS] if any(row["standard_error"] for row in rows) else []
    size, note = (len(lines), max(len(units), 2)), notes([], _about(rows), *drawn)
    figure, axes = panels(*size, note, height=1.35, sharex=True, sharey="row")
    for down, (ratio, metric, part) in enumerate(lines):
        for across, unit in enumerate(units):
            _draw_panel(axes[down, across], pick(part, unit_level=unit), looks)
            title(axes[down, across], _size(rows[0], unit) if down == 0 else "")
        axes[down, 0].set_ylim(bottom=0)  # when all is drawn: it ends the scaling of the whole line
        axes[down, 0].set_ylabel(f"{METRICS[metric]},\nvariance ratio {number(ratio)}")
    for axis in axes[-1]:
        axis.set_xlabel(axis_label("mask_ratio"))
    for axis in axes[:, len(units) :].flat:
        axis.set_visible(False)
    legend(figure, looks)
    return figure


def _lines(rows: Sequence[Row]) -> Iterator[tuple[float, str, list[Row]]]:
    """(variance ratio, metric, rows) of each line of panels."""
    for (ratio,), part in groups(rows, "variance_ratio").items():
        for metric in METRICS:
            if own := pick(part, metric=metric):
                yield ratio, metric, own


def _draw_panel(axis: Axes, rows: Sequence[Row], looks: dict[str, dict]) -> None:
    for place, (name, look) in enumerate(looks.items()):
        part = sorted(pick(rows, curve=name), key=lambda row: row["mask_ratio"])
        marker = {"marker": MARKERS[place % len(MARKERS)], "markersize": 2.2}
        line(axis, part, "mask_ratio", "value", **look, **marker)
        noisy = [row for row in part if row["standard_error"]]
        if noisy:
            ratios, values = ([row[c] for row in noisy] for c in ("mask_ratio", "value"))
            bars = [2 * row["standard_error"] for row in noisy]
            axis.errorbar(ratios, values, bars, fmt="none", ecolor=look["color"], elinewidth=0.6)


def _size(row: Row, unit: int) -> str:
    side = 2**unit
    return f"unit {side} x {side}" if row["dimensions"] == 2 else f"unit {row['arity'] ** unit}"


def _about(rows: Sequence[Row]) -> str:
    dimensions, arity, depth = (rows[0][key] for key in TREE)
    side = 2**depth
    shape = f"{side} x {side} pixels" if dimensions == 2 else f"{arity**depth} pixels in a row"
    return f"{shape}, {arity} children of a latent, masks: {rows[0]['law']}; closed forms"
