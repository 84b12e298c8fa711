"""Level of the latents that masks make MAE learn, in trees

Gives numbers for Sec. 2.3 of Kong et al. (2023). Each row is a full tree of latents over equally
many observables, in a row or (2-D) under an image; each column a size of mask unit, given by the
level of the latent whose leaves make one. Vertical axis: level of the variables that the hidden and
the visible part share (set C of their Algorithm 1), 0 at the pixels; solid, the mean over C,
dashed, the highest variable of C, averaged over masks. Lines are exact where units fit the branches
of the tree (a closed form) and where a law has few masks (all of them); circles are drawn masks,
whose standard errors are smaller than the circles. Units that fit are a fixed count; those that do
not are on a displaced grid (at single observables both are one); a contiguous mask is one block of
units, random blocks are several. A mask and its complement share the same C, so that laws which
treat hidden and visible alike give curves symmetric about one half.
"""

from itertools import product

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes
from spatial_mae.figures.drawing.style import (
    BLACK,
    CATEGORIES,
    GREY,
    MARKERS,
    legend,
    line,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.rows import Row, groups, levels, pick, project

KIND = "hierarchy_levels"
IN_PAPER = "Kong Sec. 2.3"
TREE = ("dimensions", "arity", "depth")
SETTING = (*TREE, "law", "unit_level", "mask_ratio", "definition")
COLUMNS = (*SETTING, "method", "value", "standard_error", "n_masks")
# Drawn in this order, the first broad, so that curves which coincide can be distinguished.
LAWS = {
    "contiguous": "contiguous",
    "block": "random blocks",
    "displaced": "units displaced",
    "exact": "units fit",
}
# Dark on bright, so that a thin line keeps its colour on a broad one.
COLOURS = {
    "contiguous": CATEGORIES[5],
    "block": CATEGORIES[2],
    "displaced": CATEGORIES[1],
    "exact": BLACK,
}
WIDTHS = {"contiguous": 1.8, "block": 1.5, "displaced": 1.3, "exact": 0.8}
READINGS = {"mean": "-", "highest": (0, (3, 1.5))}
HOLLOW = {"markerfacecolor": "none", "markeredgewidth": 0.6}
METHODS = ("formula", "enumeration", "sampling")  # the best first


def select(rows: list[Row]) -> list[Row]:
    """Mean and highest level; of each setting the best method as `line`, others as `points`."""
    require(rows, KIND, COLUMNS)
    shown = project(keep(rows, law=list(LAWS), definition=list(READINGS)), COLUMNS)
    best = {
        key: min((row["method"] for row in group), key=METHODS.index)
        for key, group in groups(shown, *SETTING).items()
    }
    marks = [best[tuple(row[c] for c in SETTING)] == row["method"] for row in shown]
    return [
        {"drawn": "line" if mark else "points"} | row
        for row, mark in zip(shown, marks, strict=True)
    ]


@styled
def draw(rows: list[Row]) -> Figure:
    trees, units = groups(rows, *TREE), levels(rows, "unit_level")
    note = notes([], *_sampled(rows))
    figure, axes = panels(len(trees), max(len(units), 2), note, height=1.5, sharex=True)
    for i, (tree, of_tree) in enumerate(trees.items()):
        for j, unit in enumerate(units):
            _draw_panel(axes[i, j], pick(of_tree, unit_level=unit))
            title(axes[i, j], _size(*tree, unit), i * len(units) + j)
            axes[i, j].set_ylim(0.5, tree[-1] + 0.5)
            axes[i, j].set_yticks(range(1, tree[-1] + 1))
        axes[i, 0].set_ylabel(f"level ({_name(*tree)})")
    for axis in axes[-1]:
        axis.set_xlabel(axis_label("mask_ratio"))
    for axis in axes[:, len(units) :].flat:
        axis.set_visible(False)
    there = {law: t for law, t in LAWS.items() if pick(rows, law=law)}
    looks = {t: {"color": COLOURS[law], "linewidth": WIDTHS[law]} for law, t in there.items()}
    looks |= {f"{name} of C": {"color": GREY, "linestyle": dash} for name, dash in READINGS.items()}
    looks["drawn masks"] = {"color": GREY, "linestyle": "none", "marker": MARKERS[0], **HOLLOW}
    legend(figure, looks)
    return figure


def _draw_panel(axis: Axes, rows: list[Row]) -> None:
    for law, reading in product(LAWS, READINGS):
        part = pick(rows, law=law, definition=reading)
        look = {"color": COLOURS[law]}
        dash = {"linestyle": READINGS[reading], "linewidth": WIDTHS[law]}
        line(axis, pick(part, drawn="line"), "mask_ratio", "value", **look, **dash)
        dots = {"linestyle": "none", "marker": MARKERS[0], **HOLLOW}
        line(axis, pick(part, method="sampling"), "mask_ratio", "value", **look, **dots)


def _name(dimensions: int, arity: int, depth: int) -> str:
    """`binary, 256` or `4-ary, 16 x 16`"""
    side = 2**depth
    observables = f"{side} x {side}" if dimensions == 2 else arity**depth
    return f"{'binary' if arity == 2 else f'{arity}-ary'}, {observables}"


def _size(dimensions: int, arity: int, depth: int, unit_level: int) -> str:
    side = 2**unit_level
    return f"unit {side} x {side}" if dimensions == 2 else f"unit {arity**unit_level}"


def _sampled(rows: list[Row]) -> list[str]:
    sampled = pick(rows, method="sampling")
    counts = levels(sampled, "n_masks")
    worst = max((row["standard_error"] for row in sampled), default=0.0)
    if not counts:
        return []
    return [f"drawn masks: {counts[0]:,} per point, standard error at most {worst:.2g} of a level"]
