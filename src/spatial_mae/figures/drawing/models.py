"""Linear models in figures: the autoencoder in black, masked autoencoders in colours."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.style import BLACK, GREY, legend, line, log_y, ordered
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep_masked, several
from spatial_mae.tables.rows import Row, first, groups, levels, most_images, pick, spread

SMALLEST = 1e-12  # weights below it are zero, which a logarithmic axis cannot show
FAR = 0.5  # an AE farther from all MAEs than this share of their range is written, not drawn
HOLLOW = {"marker": "o", "markerfacecolor": "white", "markeredgewidth": 0.8, "linestyle": "none"}
AE_LOOK = {"AE (m = 0)": {"color": GREY} | HOLLOW}


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


def draw_ae(axis: Axes, rows: Sequence[Row], y: str, colours: Mapping, *more: str) -> bool:
    """The AE at m = 0, hollow, one of each patch size: the end of a panel over the mask ratio.

    Those that are far from the MAEs are written at the edge and the panel keeps its scale. more:
    other columns that the panel shows, such as the ends of intervals, which are drawn as bars.
    Returns whether any is drawn.
    """
    known = [row for row in pick(rows, model="ae") if row[y] is not None]
    maes = pick(rows, model="mae")
    drawn = [row[name] for row in maes for name in (y, *more) if row[name] is not None]
    axis.set_xlim(left=-0.05)
    if not drawn:
        return False
    reach = FAR * (max(drawn) - min(drawn))
    below = [row[y] for row in known if row[y] < min(drawn) - reach]
    above = [row[y] for row in known if row[y] > max(drawn) + reach]
    near = [row for row in known if row[y] not in (*below, *above)]
    for row in near:
        colour = colours[row["patch"]]
        if more:
            axis.vlines(0, *(row[name] for name in more[:2]), color=colour, linewidth=0.8)
        axis.plot(0, row[y], color=colour, **HOLLOW)
    _write_ae(axis, below, "↓", va="bottom", y=0.02)
    _write_ae(axis, above, "↑", va="top", y=0.98)
    return bool(near)


def _write_ae(axis: Axes, values: Sequence[float], arrow: str, **place: object) -> None:
    """The value of the AE, or the lowest and highest, at the edge beyond which they are."""
    if not values:
        return
    said = dict.fromkeys(f"{value + 0:.2f}" for value in (min(values), max(values)))
    text = f"AE: {' to '.join(said)} {arrow}"
    axis.margins(y=0.2)
    axis.text(-0.04, s=text, size=6, color=GREY, transform=axis.get_xaxis_transform(), **place)


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
