"""How the influence depends on the number of images

The inverse in Theorem 1 of Bisulco et al. (2025) amplifies the noise of estimated moments, so that
few images widen the kernels of Figs. 5 and 6. Mean distance of input from output pixel, share of
the weight inside the output pixel's own patch, and entropy of an output pixel's weights (nats), for
|W|, against the number of images n behind the moments. One colour per mask ratio (at most five),
black the autoencoder (m = 0). What changes with n is a bias that all these numbers still have, not
an error bar; limits without it, with intervals, are of kind `influence_limit`. One row of panels
per data set; only the first patch size, k, masks and other settings are drawn.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.measures import METRICS, MODEL
from spatial_mae.figures.drawing.models import draw_models, name_models, ratio_colours
from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import log_x, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep_masked, require, several
from spatial_mae.tables.rows import Row, few, first, groups, levels, pick, project
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
    rows = pick(rows, model="ae") + few(maes, "mask_ratio", 5)
    return project(rows, (*SOLUTION, *MODEL, *METRICS))


@styled
def draw(rows: list[Row]) -> Figure:
    by_dataset = groups(rows, "dataset")
    figure, axes = panels(len(by_dataset), len(METRICS), notes(rows), height=1.75)
    colours = ratio_colours(rows)
    for line_of_axes, ((dataset,), group) in zip(axes, by_dataset.items(), strict=True):
        for axis, (metric, label) in zip(line_of_axes, METRICS.items(), strict=True):
            draw_models(axis, group, "n_images", metric, colours, marker="o")
            axis.set(xlabel=axis_label("n_images"), ylabel=label)
            log_x(axis, levels(group, "n_images"))
            title(axis, readable(dataset))
    name_models(figure, colours, marker="o")
    return figure
