"""Predicting depth from the latents

Answers the depth figure of Bisulco et al. (2025), drawn there for Cityscapes at 32 x 32 pixels: a
linear readout of the depth map from the k latents, its test error relative to predicting the mean
training map, over the pixels with valid depth. Against k, how far the error of masked autoencoders
is below (up) or above (down) that of the autoencoder (AE) with as many latents, whose own errors
are in the small print. One colour per patch size, bars two standard errors over the test images.
Columns of panels: mask ratio (lowest, middle and highest at most); rows: data set, and whether the
encoder sees whole or masked images (the AE always whole ones), each row with its own scale. Only
the first readout, target, colour, centring and other settings are drawn.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import TWO_ERRORS, notes, number, readable
from spatial_mae.figures.drawing.style import (
    GREY,
    MARKERS,
    legend,
    line,
    log_x,
    ordered,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, keep_masked, require, several
from spatial_mae.tables.rows import Row, few, first, groups, levels, most_images, pick, project
from spatial_mae.tables.settings import SOLUTION

KIND = "depth"
IN_PAPER = "Bisulco Sec. 2.3"
COLUMNS = ("target", "readout", "input", "model", "mask_ratio", "n_latents")
COLUMNS += ("error", "gain", "standard_error", "n_train", "n_test")
FIRST = ("target", "readout", "colour", "centring", "ridge", "flip")
GAIN = "gain over the AE (share of\nthe mean map's error)  better →"
SEEN = {"whole": "whole images", "masked": "masked images"}


def select(rows: list[Row]) -> list[Row]:
    """AE and MAEs over k at one target, readout and setting, at most three mask ratios."""
    require(rows, KIND, ("dataset", "patch", *COLUMNS))
    several(rows, "n_latents")
    rows = first(most_images(rows), *FIRST, within=("dataset",))
    known = first(keep(rows, model="ae"), "patch", "input", within=("dataset",))
    maes = few(keep_masked(rows), "mask_ratio", 3)
    return project(known + maes, (*SOLUTION, *COLUMNS))


@styled
def draw(rows: list[Row]) -> Figure:
    known, maes = pick(rows, model="ae"), pick(rows, model="mae")
    lines_of = groups(maes, "dataset", "target", "input")
    ratios = levels(maes, "mask_ratio")
    note = notes(maes, TWO_ERRORS, *_errors(known))
    figure, axes = panels(len(lines_of), len(ratios), note, sharey="row", height=1.7)
    colours = ordered(levels(maes, "patch"))
    for line_of_axes, ((dataset, _, seen), group) in zip(axes, lines_of.items(), strict=True):
        for axis, ratio in zip(line_of_axes, ratios, strict=True):
            _draw_gains(axis, pick(group, mask_ratio=ratio), colours)
            title(axis, f"{SEEN.get(seen, seen)}, m = {ratio:g}")
        line_of_axes[0].set_ylabel(f"{readable(dataset)}\n{GAIN}")
    for axis in axes[-1]:
        axis.set_xlabel(axis_label("n_latents"))
    looks = {f"patch {p}": {"color": c, "marker": MARKERS[0]} for p, c in colours.items()}
    legend(figure, looks | {"AE": {"color": GREY, "linewidth": 0.7}})
    return figure


def _draw_gains(axis: Axes, rows: list[Row], colours: dict) -> None:
    axis.axhline(0, color=GREY, linewidth=0.7, zorder=1)
    for patch, colour in colours.items():
        shown = pick(rows, patch=patch)
        line(axis, shown, "n_latents", "gain", color=colour, marker=MARKERS[0])
        for row in shown:
            bar = 2 * (row["standard_error"] or 0)
            ends = row["gain"] - bar, row["gain"] + bar
            axis.vlines(row["n_latents"], *ends, color=colour, linewidth=0.8)
    log_x(axis, levels(rows, "n_latents"))


def _errors(known: list[Row]) -> list[str]:
    """The test errors of the AE in words, data set by data set."""
    said = []
    for (dataset,), group in groups(known, "dataset").items():
        pairs = sorted((row["n_latents"], row["error"]) for row in group)
        errors = ", ".join(f"{error:.3f} (k = {number(k)})" for k, error in pairs)
        said.append(
            f"errors of the AE in {readable(dataset)}, as shares of the mean map's: {errors}"
        )
    return said
