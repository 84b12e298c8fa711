"""How much of a trained network second-order statistics explain, over mask ratio and patch size

Checks what Bisulco et al. (2025) say about Fig. 8, that linear models rely on second-order
correlations and networks on higher ones too, at the scale of training named below. Against the mask
ratio m, one colour per patch size. First panel: share of the variance of the network's
reconstruction (R²) that the best affine map of the masked image explains. This map needs only
second-order statistics; it is fitted to some of the network's training images and evaluated on
others. Solid: one mask for all images, outputs are all hidden pixels; dashed: a mask for each image
and one map for all, outputs are a few hidden pixels. With few images for so many pixels the fit is
poor and the share is a lower bound; its scale is that of all shares, 0 to 1. Second panel: mean
squared error on hidden pixels under random masks, on images of the split named below, in units of
the pixels' variance (1 is predicting the mean colour), of the network (solid) and of the linear MAE
(dashed; closed form of full rank, fitted to the training images). Lines are means over seeds, bands
the range of the seeds. The first data set, network and recipe of the table are drawn, and of its
other settings the choice with the most pairs of patch size and mask ratio.
"""

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from spatial_mae.figures.drawing.curves import curves, entries, looks, marked, setting_axis
from spatial_mae.figures.drawing.jacobians import chosen
from spatial_mae.figures.drawing.measures import ERROR
from spatial_mae.figures.drawing.notes import GIVEN, notes, ranges, remarks
from spatial_mae.figures.drawing.style import GREY, MARKERS, legend, panels, styled, title
from spatial_mae.tables.needs import keep, require, several
from spatial_mae.tables.repeats import over_seeds
from spatial_mae.tables.rows import Row, distinct, levels, pick
from spatial_mae.tables.runs import SETTING

KIND = "second_order"
IN_ERRORS = f"in errors, but not in shares, {GIVEN}"
IN_PAPER = "Bisulco Sec. 3"
SHARE = "share explained by affine map (R²)"
# What a panel's axis says -> measure -> its line and name.
PANELS = {
    SHARE: {
        "explained_one_mask": ("-", "one mask"),
        "explained_all_masks": ("--", "all masks"),
    },
    ERROR: {"network_error": ("-", "network"), "linear_error": ("--", "linear MAE")},
}
MEASURES = [measure for lines in PANELS.values() for measure in lines]


def select(rows: list[Row]) -> list[Row]:
    """Shares explained by affine maps and errors of both models at every mask and patch size."""
    require(rows, KIND, ("dataset", *SETTING, "measure", "value"))
    rows = keep(chosen(rows), measure=MEASURES)
    several(rows, "mask")
    named = [row if row.get("n_train") is None else _fit(row) for row in rows]
    return over_seeds(named, (*SETTING, "measure", "n_affine", "n_image_masks"))


def _fit(row: Row) -> Row:
    """An affine fit's row: its images are training images, in part held out from the fit."""
    return row | {"n_affine": row["n_train"], "n_train": None, "split": None}


@styled
def draw(rows: list[Row]) -> Figure:
    shown = {label: pick(rows, measure=list(lines)) for label, lines in PANELS.items()}
    shown = {label: found for label, found in shown.items() if found}
    note = notes(rows, *remarks(rows, IN_ERRORS), *ranges(rows))
    figure, axes = panels(1, len(shown), note, height=2.0)
    styles = looks(levels(rows, "patch"))
    for axis, label in zip(axes[0], shown, strict=True):
        for measure, (stroke, _) in PANELS[label].items():
            line = pick(shown[label], measure=measure)
            curves(axis, line, "mask", "patch", styles, linestyle=stroke)
        setting_axis(axis, rows, "mask")
        axis.set_ylabel(label)
        if label == SHARE:
            axis.set_ylim(min(0, *(row["low"] for row in shown[label])), 1.04)
        title(axis)
        there = distinct(shown[label], "measure")
        _name_lines(axis, [name for key, name in PANELS[label].items() if key in there])
    legend(figure, entries(styles, "patch {}"))
    return figure


def _name_lines(axis: Axes, lines: Iterable[tuple[str, str]]) -> None:
    """Next to the panel's title: what its solid and its dashed lines are."""
    look = {"color": GREY, "marker": MARKERS[0]}
    handles = [
        Line2D([], [], label=name, **marked(look | {"linestyle": stroke})) for stroke, name in lines
    ]
    place = {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.2}
    axis.legend(handles=handles, ncols=len(handles), **place)
