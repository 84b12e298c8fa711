"""Spatial autocorrelation of the images

Answers Fig. 3 of Bisulco et al. (2025): correlation of two pixels against their distance, Eq. 5
divided by its value at zero shift. Top: mean over all shifts of the same distance, rounded to
pixels, one curve per data set, one panel for each rule of mean removal (none: Eq. 5 as printed;
dataset: the mean image of the data set is taken away; image: each image's own mean is). Solid
lines average over the pixel pairs that exist (border "valid"); dashed lines count pixels beyond
the border as zero. Below: the same correlation over both components of the shift, for the first
border rule, all maps with one scale of colours. Where a table holds several sample sizes, colours
or splits, the most images and the first colour and split are drawn.
"""

from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import (
    DASHES,
    categories,
    grid_of,
    legend,
    line,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import require
from spatial_mae.tables.repeats import average
from spatial_mae.tables.rows import Row, distinct, first, most_images, pick, project
from spatial_mae.tables.settings import IMAGES

KIND = "autocorrelation"
IN_PAPER = "Bisulco Fig. 3"
COLUMNS = ("dataset", "border", "mean_removal", "dx", "dy", "distance", "correlation")
REMOVALS = {"none": "no mean removed", "dataset": "mean image removed", "image": "own mean removed"}

BORDERS = {"valid": "pairs inside the image", "zero": "zero beyond the border"}


def select(rows: list[Row]) -> list[Row]:
    """Rows of `panel` decay (averaged by rounded distance) and of `panel` map."""
    require(rows, KIND, COLUMNS)
    rows = first(most_images(rows), "split", "colour", within=("dataset",))
    reach = max(row["dx"] for row in rows)
    near = [row | {"distance": round(row["distance"])} for row in rows if row["distance"] <= reach]
    keys = (*IMAGES, "border", "mean_removal", "distance")
    decay = average(near, keys, ["correlation"])
    maps = project(first(rows, "border"), (*IMAGES, *COLUMNS[1:5], "correlation"))
    return [{"panel": "decay"} | row for row in decay] + [{"panel": "map"} | row for row in maps]


@styled
def draw(rows: list[Row]) -> Figure:
    removals, datasets = distinct(rows, "mean_removal"), distinct(rows, "dataset")
    figure, axes = panels(1 + len(datasets), len(removals), notes(rows), height=2.0)
    scale = _scale(pick(rows, panel="map"))
    colours = categories(datasets)
    for column, removal in enumerate(removals):
        shown = pick(rows, mean_removal=removal)
        _draw_decay(axes[0, column], pick(shown, panel="decay"), colours)
        title(axes[0, column], REMOVALS.get(removal, removal))
        for axis, dataset in zip(axes[1:, column], datasets, strict=True):
            _draw_map(axis, pick(shown, panel="map", dataset=dataset), scale)
            title(axis, readable(dataset))
    axes[0, 0].set_ylabel(axis_label("correlation"))
    for axis in axes[1:, -1]:
        place = axis.inset_axes((1.05, 0, 0.05, 1))
        bar = figure.colorbar(scale, cax=place, label=axis_label("correlation"))
        bar.outline.set_linewidth(0.4)
    looks = {readable(dataset): {"color": colour} for dataset, colour in colours.items()}
    borders = enumerate(distinct(rows, "border"))
    looks |= {BORDERS.get(b, b): {"color": "0.4", "linestyle": DASHES[i]} for i, b in borders}
    legend(figure, looks)
    return figure


def _draw_decay(axis, rows: list[Row], colours: dict) -> None:
    for dataset, colour in colours.items():
        for index, border in enumerate(distinct(rows, "border")):
            curve = pick(rows, dataset=dataset, border=border)
            line(axis, curve, "distance", "correlation", color=colour, linestyle=DASHES[index])
    axis.axhline(0, color="0.8", linewidth=0.5, zorder=0)
    axis.set(xlabel=axis_label("distance"), xlim=(0, None), box_aspect=1, anchor="W")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def _scale(rows: list[Row]) -> ScalarMappable:
    """One scale of colours for the maps of all data sets and rules."""
    values = [row["correlation"] for row in rows]
    return ScalarMappable(Normalize(min(values), max(values)), "viridis")


def _draw_map(axis, rows: list[Row], scale: ScalarMappable) -> None:
    reach = max(row["dx"] for row in rows) + 0.5
    look = {"cmap": scale.cmap, "norm": scale.norm, "origin": "lower"}
    look |= {"extent": (-reach, reach, -reach, reach)}
    axis.imshow(grid_of(rows, "dy", "dx", "correlation"), **look)
    axis.spines[:].set_visible(True)
    axis.set(xlabel=axis_label("dx"), ylabel=axis_label("dy"), box_aspect=1, anchor="W")
