"""Spatial reach of the influence over mask ratio and patch size

Answers the text on Fig. 6 of Bisulco et al. (2025) in three numbers per solution. For |W|, W = AB:
mean distance of input from output pixel, share of the weight inside the output pixel's own patch,
and entropy of an output pixel's weights over the input pixels (Eq. 11, in nats, averaged), each
against the mask ratio m. Hollow, at m = 0 and joined to nothing: the autoencoder (AE). One that is
farther from all masked autoencoders than half of their range is written at the edge of the panel,
as where k is the number of pixels and W the identity. One colour per patch size p; one row of
panels a data set and number of latents k (at most three k). Where a table holds several kinds of
masks, centrings or other settings, the first is drawn; the figure of choices shows their effect.
Bars, for images of more than 4,096 values: 95 % intervals of the sampled outputs. The error of the
images is not in them, and can be several times larger.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.measures import METRICS, MODEL
from spatial_mae.figures.drawing.models import AE_LOOK, all_ratios, draw_ae, few_latents
from spatial_mae.figures.drawing.notes import OF_OUTPUTS, notes, readable
from spatial_mae.figures.drawing.style import bars, legend, line, ordered, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import require
from spatial_mae.tables.rows import Row, groups, levels, pick, project
from spatial_mae.tables.settings import SOLUTION

KIND = "influence"
IN_PAPER = "Bisulco Fig. 6"
ERRORS = tuple(f"{name}_se" for name in METRICS)
FIRST = ("split", "colour", "centring", "ridge", "flip")


def select(rows: list[Row]) -> list[Row]:
    """AE and MAE at one setting per data set, all mask ratios and patch sizes, at most three k."""
    require(rows, KIND, ("dataset", "patch", *MODEL, *METRICS))
    rows, maes = all_ratios(rows, *FIRST)
    kept = few_latents(pick(rows, model="ae") + maes)
    return project(kept, (*SOLUTION, *MODEL, *METRICS, *ERRORS))


@styled
def draw(rows: list[Row]) -> Figure:
    settings = {
        (dataset, k): pick(group, n_latents=k)
        for (dataset,), group in groups(rows, "dataset").items()
        for k in levels(group, "n_latents")
    }
    sampled = [OF_OUTPUTS] if any(row.get(name) for row in rows for name in ERRORS) else []
    figure, axes = panels(len(settings), len(METRICS), notes(rows, *sampled), height=1.75)
    colours, hollow = ordered(levels(rows, "patch")), False
    for line_of_axes, ((dataset, k), group) in zip(axes, settings.items(), strict=True):
        for axis, (metric, label) in zip(line_of_axes, METRICS.items(), strict=True):
            for patch, colour in colours.items():
                maes = pick(group, patch=patch, model="mae")
                line(axis, maes, "mask_ratio", metric, color=colour, marker="o")
                bars(axis, maes, "mask_ratio", metric, colour)
            hollow |= draw_ae(axis, group, metric, colours)
            axis.set(xlabel=axis_label("mask_ratio"), ylabel=label)
            title(axis, f"{readable(dataset)}, k = {k:,}")
    looks = {f"patch {p}": {"color": c, "marker": "o"} for p, c in colours.items()}
    legend(figure, looks | (AE_LOOK if hollow else {}))
    return figure
