"""Images of a few classes in the plane that t-SNE makes of a network's features

Answers Fig. 8 of Kong et al. (2023), at the scale named below: theirs is 800 epochs of ImageNet-1k
at width 768. One panel per run, named by its settings: held-out images seen whole, their features
on their principal components (50 as a rule), then t-SNE (perplexity 20 as a rule); axes have no
unit. One colour and one marker per class. Below the name: the classes' silhouette, at most 1, and
the share of images whose class most of their nearest neighbours have, both in the plane. At most
eight runs are drawn, evenly spread in the order of patch size, mask unit, mask ratio and depths.
The first data set, network and recipe of the table are drawn, and its first seed.
"""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import PHRASES, notes, readable, remarks, run_name, varied
from spatial_mae.figures.drawing.style import (
    CATEGORIES,
    MARKERS,
    legend,
    styled,
    title,
    wrapped,
)
from spatial_mae.tables.needs import runs
from spatial_mae.tables.repeats import FRAME, of_one_seed
from spatial_mae.tables.rows import Row, by, first, groups, levels, spread
from spatial_mae.tables.runs import PRETRAINING, SETTING

KIND = "embedding_points"
IN_PAPER = "Kong Fig. 8"
POINT = ("class", "x", "y", "silhouette", "knn_accuracy")
COLUMNS = (*PRETRAINING, *POINT)
MOST, ACROSS = 8, 4
# Tol's muted palette, for more classes than CATEGORIES has colours.
MANY = ("#332288", "#88CCEE", "#44AA99", "#117733", "#999933", "#DDCC77", "#CC6677", "#882255")
MANY += ("#AA4499", "#000000")
NAMES = PHRASES | {"unit": "unit {}"}  # titles are narrow


def select(rows: list[Row]) -> list[Row]:
    """Every point of at most eight runs."""
    rows = first(runs(rows, KIND, COLUMNS), "seed")
    of_setting = groups(rows, *SETTING)
    kept = (*FRAME, *SETTING, *POINT)
    chosen = spread(sorted(of_setting), MOST)
    return [of_one_seed(row, kept) for setting in chosen for row in of_setting[setting]]


@styled
def draw(rows: list[Row]) -> Figure:
    named = sorted(groups(rows, *SETTING).items())
    figure, axes = wrapped(len(named), ACROSS, notes(rows, *remarks(rows)), height=1.9)
    keys = varied(rows)
    classes = levels(rows, "class")
    colours = CATEGORIES if len(classes) <= len(CATEGORIES) else MANY
    looks = {
        name: {"color": colours[index % len(colours)], "marker": _marker(index), "linestyle": ""}
        for index, name in enumerate(classes)
    }
    for axis, (_, run) in zip(axes, named, strict=True):
        title(axis, f"{', '.join(run_name(run[0], keys, NAMES))}\n{_scores(run[0])}")
        _draw_plane(axis, run, looks)
    legend(figure, {readable(name): look for name, look in looks.items()})
    return figure


def _marker(index: int) -> str:
    """A marker for a class; classes with the same colour have different ones."""
    return MARKERS[(index + index // len(MANY)) % len(MARKERS)]


def _scores(row: Row) -> str:
    return f"silhouette {row['silhouette']:.2f}, k-NN {100 * row['knn_accuracy']:.0f}%"


def _draw_plane(axis: Axes, rows: list[Row], looks: dict[str, dict]) -> None:
    classes = by(rows, "class")
    for name, look in looks.items():
        points = [(row["x"], row["y"]) for row in classes.get(name, ())]
        if points:
            axis.plot(*zip(*points, strict=True), **look, markersize=1.6, alpha=0.8)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(True)
    axis.set_box_aspect(1)
