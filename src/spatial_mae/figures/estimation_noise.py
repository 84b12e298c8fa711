"""How the influence depends on the number of images

The inverse in Theorem 1 of Bisulco et al. (2025) amplifies the noise of estimated moments, so that
few images widen the kernels of Figs. 5 and 6. Mean distance of input from output pixel, share of
the weight inside the output pixel's own patch, and entropy of an output pixel's weights (nats), for
|W|, against the number of images n behind the moments. One colour per mask ratio (at most five),
black the autoencoder (m = 0). One row of panels per data set; only the first patch size, k, masks
and other settings are drawn.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.measures import METRICS, MODEL
from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import (
    BLACK,
    legend,
    line,
    log_x,
    ordered,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep_masked, require, several
from spatial_mae.tables.rows import Row, first, groups, levels, pick, project, spread
from spatial_mae.tables.settings import SOLUTION

KIND = "influence"
IN_PAPER = "Bisulco Figs. 5, 6"
FIRST = ("split", "colour", "patch", "centring", "ridge", "flip", "n_latents")


def select(rows: list[Row]) -> list[Row]:
    """AE and at most five MAEs at one setting per data set, for every number of images."""
    require(rows, KIND, ("dataset", "n_images", *MODEL, *METRICS))
    several(rows, "n_images")
    rows = first(rows, *FIRST, within=("dataset",))
    maes = first(keep_masked(rows), "sampling")
    ratios = spread(levels(maes, "mask_ratio"), 5)
    rows = pick(rows, model="ae") + pick(maes, mask_ratio=ratios)
    return project(rows, (*SOLUTION, *MODEL, *METRICS))


@styled
def draw(rows: list[Row]) -> Figure:
    by_dataset = groups(rows, "dataset")
    figure, axes = panels(len(by_dataset), len(METRICS), notes(rows), height=1.75)
    colours = ordered(levels(pick(rows, model="mae"), "mask_ratio"))
    for row, ((dataset,), group) in enumerate(by_dataset.items()):
        for column, (metric, label) in enumerate(METRICS.items()):
            axis = axes[row, column]
            line(axis, pick(group, model="ae"), "n_images", metric, color=BLACK, marker="o")
            for ratio, colour in colours.items():
                curve = pick(group, model="mae", mask_ratio=ratio)
                line(axis, curve, "n_images", metric, color=colour, marker="o")
            axis.set(xlabel=axis_label("n_images"), ylabel=label)
            log_x(axis, levels(group, "n_images"))
            title(axis, row * len(METRICS) + column, readable(dataset))
    looks = {"AE": {"color": BLACK, "marker": "o"}}
    legend(figure, looks | {f"m = {m:g}": {"color": c, "marker": "o"} for m, c in colours.items()})
    return figure
