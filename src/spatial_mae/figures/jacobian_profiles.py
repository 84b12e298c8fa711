"""Jacobian of trained networks against distance, over mask ratio and patch size

Answers Figs. 9 and 13 of Bisulco et al. (2025), whose pictures are Jacobians of trained networks
over mask ratio m and patch size, at the scale of training named below. Mean |J| between an output
pixel and a visible pixel against their distance (rounded to pixels), J the Jacobian of the
reconstruction at a masked image, summed over channels; the weights of each output pixel are first
scaled to the sum one. One panel per patch size, one colour per mask ratio, the grey line a patch's
side. Solid: the trained network; dashed: the linear MAE, whose Jacobian is W (closed form of full
rank, fitted to the same images). Lines are means over seeds, images, masks and pairs of pixels;
bands the range of the seeds or, where there is one seed, a standard error over images to either
side. The largest distances, which not every image has between a hidden and a visible pixel, and
zeros are left out. The first data set, network and recipe of the table are drawn, in its first
conventions, and of its other settings the choice with the most pairs of patch size and mask ratio,
at most four of each.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spatial_mae.figures.drawing.jacobians import (
    CELL,
    STROKES,
    band,
    chosen,
    strokes,
    thinned,
    weight,
    with_errors,
)
from spatial_mae.figures.drawing.notes import PATCH_SIDE, notes, ranges, remarks
from spatial_mae.figures.drawing.style import GREY, legend, log_y, ordered, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.rows import Row, groups, levels, pick
from spatial_mae.tables.runs import SETTING

KIND = "jacobian_profile"
IN_PAPER = "Bisulco Figs. 9, 13"
COLUMNS = ("n_images", "source", "outputs", "power")
COLUMNS += ("weighting", "distance", "mean", "standard_error")
SMALLEST = 1e-12
MARGIN = 1.5  # of the axis beyond what is drawn, a factor


def select(rows: list[Row]) -> list[Row]:
    """Profiles of the network and the linear MAE for at most four patch sizes and mask ratios."""
    require(rows, KIND, ("dataset", *SETTING, *COLUMNS))
    rows = thinned(keep(chosen(rows), weighting="normalised"))
    keep(rows, source="network")
    kept = _of_all_images(pick(rows, source=list(STROKES)))
    return with_errors(kept, (*CELL, "weighting", "distance"), "mean")


def _of_all_images(rows: list[Row]) -> list[Row]:
    """Of each run and source, the distances whose mean rests on all of its images."""
    runs = groups(rows, *SETTING, "seed", "source").values()
    most = [(group, max(row["n_images"] for row in group)) for group in runs]
    return [row for group, n_images in most for row in pick(group, n_images=n_images)]


@styled
def draw(rows: list[Row]) -> Figure:
    patches = levels(rows, "patch")
    seeds = ranges(rows, "bands: one standard error over images")
    note = notes(rows, *remarks(rows), *seeds, PATCH_SIDE)
    figure, axes = panels(1, len(patches), note, sharey=True, height=1.9)
    colours = ordered(levels(rows, "mask"))
    for axis, patch in zip(axes[0], patches, strict=True):
        axis.axvline(patch, color="0.8", linewidth=0.6, zorder=0)
        for mask, colour in colours.items():
            for source, stroke in STROKES.items():
                shown = pick(rows, patch=patch, mask=mask, source=source)
                _draw_profile(axis, shown, color=colour, linestyle=stroke)
        axis.set_xlabel(axis_label("distance"))
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        title(axis, f"patch {patch}")
    drawn = [row for row in rows if row["value"] > SMALLEST]
    lowest, highest = min(row["value"] for row in drawn), max(row["high"] for row in drawn)
    axes[0, 0].set_ylim(lowest / MARGIN, highest * MARGIN)
    log_y(axes[0, 0])
    axes[0, 0].set_ylabel(f"mean {weight(rows)}, normalised")
    looks = {f"m = {mask:g}": {"color": colour} for mask, colour in colours.items()}
    legend(figure, looks | strokes(rows, GREY))
    return figure


def _draw_profile(axis: Axes, rows: list[Row], **look: object) -> None:
    """Where the value is positive; a band that reaches zero ends at the edge of the panel."""
    positive = [row | {"low": max(row["low"], SMALLEST)} for row in rows if row["value"] > SMALLEST]
    band(axis, positive, "distance", **look)
