"""Spatial autocorrelation of the images

Answers Fig. 3 of Bisulco et al. (2025): correlation of two pixels against their distance, Eq. 5
divided by its value at zero shift. Top: mean over all shifts of the same distance, rounded to
pixels, one curve per data set, one panel for each rule of mean removal (none: Eq. 5 as printed;
dataset: the mean image of the data set is taken away; image: each image's own mean is). Solid
lines average over the pixel pairs that exist (border "valid"); dashed lines count pixels beyond
the border as zero. Below: the same correlation over both components of the shift, for the first
border rule. Where a table holds several sample sizes, colours or splits, the most images and the
first colour and split are drawn.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import (
    DASHES,
    categories,
    grid_of,
    heat_map,
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
    figure, axes = panels(1 + len(datasets), len(removals), notes(rows))
    colours = categories(datasets)
    for column, removal in enumerate(removals):
        shown = pick(rows, mean_removal=removal)
        _draw_decay(axes[0, column], pick(shown, panel="decay"), colours)
        title(axes[0, column], REMOVALS.get(removal, removal))
        for axis, dataset in zip(axes[1:, column], datasets, strict=True):
            _draw_map(figure, axis, pick(shown, panel="map", dataset=dataset))
            title(axis, readable(dataset))
    axes[0, 0].set_ylabel(axis_label("correlation"))
    looks = {readable(dataset): {"color": colour} for dataset, colour in colours.items()}
    borders = enumerate(distinct(rows, "border"))
    looks |= {f"border: {b}": {"color": "0.4", "linestyle": DASHES[i]} for i, b in borders}
    legend(figure, looks)
    return figure


def _draw_decay(axis, rows: list[Row], colours: dict) -> None:
    for dataset, colour in colours.items():
        for index, border in enumerate(distinct(rows, "border")):
            curve = pick(rows, dataset=dataset, border=border)
            line(axis, curve, "distance", "correlation", color=colour, linestyle=DASHES[index])
    axis.axhline(0, color="0.8", linewidth=0.5, zorder=0)
    axis.set(xlabel=axis_label("distance"), xlim=(0, None))


def _draw_map(figure: Figure, axis, rows: list[Row]) -> None:
    reach = max(row["dx"] for row in rows) + 0.5
    look = {"cmap": "viridis", "origin": "lower", "extent": (-reach, reach, -reach, reach)}
    heat_map(figure, axis, grid_of(rows, "dy", "dx", "correlation"), **look)
    axis.set(xlabel=axis_label("dx"), ylabel=axis_label("dy"))
