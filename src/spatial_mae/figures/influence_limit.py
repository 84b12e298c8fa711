"""Spatial reach of the influence for infinitely many images

Answers the text on Fig. 6 of Bisulco et al. (2025) without the bias of a finite number of images.
For |W|, W = AB, and for W squared: mean distance of input from output pixel, share of the weight
inside the output pixel's own patch, and entropy of an output pixel's weights over the input pixels
(nats), each against the mask ratio m. Hollow, at m = 0 and joined to nothing: the autoencoder (AE);
one that is farther from all that is drawn of masked autoencoders than half of its range is written
at the edge of the panel. Points are limits, extrapolated over disjoint subsets of the
images; bars are intervals of 95 %, which hold the spread between the subsets and the misfit of the
extrapolation. Dashed: all images, uncorrected. One colour per patch size p; rows of panels:
data set, number of latents k (at most two) and power of W.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.models import AE_LOOK, draw_ae, few_latents
from spatial_mae.figures.drawing.notes import INTERVALS, notes, readable
from spatial_mae.figures.drawing.style import GREY, legend, line, ordered, panels, styled, title
from spatial_mae.files import Row
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, keep_masked, require, several
from spatial_mae.tables.rows import first, groups, levels, most_images, pick, project
from spatial_mae.tables.settings import IMAGES

KIND = "influence_limit"
IN_PAPER = "Bisulco Fig. 6"
NAMES = ("mean_distance", "intra_patch_share", "entropy")
POWERS = {"|W|": NAMES, "W²": tuple(f"{name}_square" for name in NAMES)}
MODEL = ("model", "mask_ratio", "n_latents", "sampling", "measure", "against")
VALUES = ("value", "interval_low", "interval_high", "at_largest_n")
SETTING = (*IMAGES, "patch", "centring", "flip")


def select(rows: list[Row]) -> list[Row]:
    """Limits of AE and MAE, not differences, at one setting per data set, at most two k."""
    require(rows, KIND, ("dataset", "patch", *MODEL, *VALUES))
    rows = first(most_images(pick(rows, against=None)), "colour", "centring", "flip")
    maes = first(keep_masked(rows), "sampling")
    several(maes, "mask_ratio")
    return project(few_latents(keep(rows, model="ae") + maes, 2), (*SETTING, *MODEL, *VALUES))


@styled
def draw(rows: list[Row]) -> Figure:
    lines_of = [
        (dataset, k, power)
        for (dataset,), group in groups(rows, "dataset").items()
        for k in levels(group, "n_latents")
        for power in POWERS
    ]
    figure, axes = panels(len(lines_of), len(NAMES), notes(rows, INTERVALS), height=1.6)
    colours, hollow = ordered(levels(rows, "patch")), False
    for line_of_axes, (dataset, k, power) in zip(axes, lines_of, strict=True):
        for axis, measure in zip(line_of_axes, POWERS[power], strict=True):
            shown = pick(rows, dataset=dataset, n_latents=k, measure=measure)
            for patch, colour in colours.items():
                _curve(axis, pick(shown, patch=patch, model="mae"), colour)
            hollow |= draw_ae(axis, shown, "value", colours, *VALUES[1:])
            axis.set(xlabel=axis_label("mask_ratio"), ylabel=axis_label(measure))
            title(axis, f"{readable(dataset)}, k = {k:,}, {power}")
    looks = {f"patch {p}": {"color": c, "marker": "o"} for p, c in colours.items()}
    looks |= (AE_LOOK if hollow else {}) | {
        "all images, uncorrected": {"color": GREY, "linestyle": "--"}
    }
    legend(figure, looks)
    return figure


def _curve(axis, rows: list[Row], colour) -> None:
    line(axis, rows, "mask_ratio", "at_largest_n", color=colour, linestyle="--", linewidth=0.6)
    line(axis, rows, "mask_ratio", "value", color=colour, marker="o")
    for row in rows:
        ends = [row["interval_low"], row["interval_high"]]
        axis.plot([row["mask_ratio"]] * 2, ends, color=colour, linewidth=0.8)
