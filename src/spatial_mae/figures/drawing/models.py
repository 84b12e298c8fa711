"""Linear models in figures: the autoencoder in black, masked autoencoders in colours."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.style import BLACK, legend, line, log_y, ordered
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep_masked, several
from spatial_mae.tables.rows import Row, first, groups, levels, most_images, pick, spread

SMALLEST = 1e-12  # weights below it are zero, which a logarithmic axis cannot show


def one_setting(rows: Sequence[Row], *columns: str) -> tuple[list[Row], list[Row]]:
    """Of each data set the most images and the first value of each column; and the MAEs of these.

    The MAEs are those of the first kind of masks. Raises ValueError without any.
    """
    rows = first(most_images(rows), *columns, within=("dataset",))
    return rows, first(keep_masked(rows), "sampling")


def all_ratios(rows: Sequence[Row], *columns: str) -> tuple[list[Row], list[Row]]:
    """As `one_setting`, but ValueError unless the MAEs have several mask ratios."""
    rows, maes = one_setting(rows, *columns)
    several(maes, "mask_ratio")
    return rows, maes


def few_latents(rows: Sequence[Row], most: int = 3) -> list[Row]:
    """Of each data set the rows of at most so many numbers of latents."""
    kept = []
    for group in groups(rows, "dataset").values():
        kept += pick(group, n_latents=spread(levels(group, "n_latents"), most))
    return kept


def ratio_colours(rows: Sequence[Row]) -> dict[float, tuple]:
    """A colour for each mask ratio of the MAEs."""
    return ordered(levels(pick(rows, model="mae"), "mask_ratio"))


def draw_models(
    axis: Axes,
    rows: Sequence[Row],
    x: str,
    y: str,
    colours: Mapping[object, object],
    column: str = "mask_ratio",
    **look: object,
) -> None:
    """The AE in black, and the MAE of each value of `column` in its colour."""
    line(axis, pick(rows, model="ae"), x, y, color=BLACK, **look)
    for value, colour in colours.items():
        line(axis, pick(rows, model="mae", **{column: value}), x, y, color=colour, **look)


def model_looks(
    colours: Mapping[object, object], label: str = "m = {:g}", **look: object
) -> dict[str, dict]:
    """Legend entries of `draw_models`."""
    looks = {"AE": {"color": BLACK} | look}
    return looks | {label.format(value): {"color": c} | look for value, c in colours.items()}


def name_models(figure: Figure, colours: Mapping[object, object], label: str = "m = {:g}", **look):
    """The legend of `draw_models`."""
    legend(figure, model_looks(colours, label, **look))


def draw_profiles(axis: Axes, curves: Sequence[tuple[Mapping, Sequence[Row]]]) -> None:
    """Weights against distance, each curve with its look; a single point has a marker."""
    for look, rows in curves:
        positive = [row for row in rows if row["mean_absolute"] > SMALLEST]
        marker = {"marker": "o"} if len(positive) == 1 else {}
        line(axis, positive, "distance", "mean_absolute", **look, **marker)
    log_y(axis)
    axis.set_xlabel(axis_label("distance"))
