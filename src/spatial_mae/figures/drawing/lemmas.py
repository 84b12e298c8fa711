"""Masked losses of any network: measured, and predicted by the paper's lemmas."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.style import BLACK, categories, legend, line, log_y, panels, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import several
from spatial_mae.tables.rows import Row, few, first, levels, pick

COLUMNS = ("lemma", "mask_ratio", "input_scale", "predicted", "measured")
FUNCTIONAL = 6  # the lemma about a functional of the input, measured on its own
MOST_SCALES = 4
OFF = 2.5  # predictions so many times the greatest measured loss run out of the panel
POINTS = {"linestyle": "none", "marker": "o"}
HOLLOW = POINTS | {"markerfacecolor": "white", "markeredgewidth": 0.7}


def compared(rows: Sequence[Row]) -> list[Row]:
    """The rows of at most four input scales, with the relative error of each prediction.

    It is empty where nothing was measured but zero. Raises ValueError for a single mask ratio.
    """
    several(rows, "mask_ratio")
    rows = few(rows, "input_scale", MOST_SCALES)
    return [row | {"relative_error": _relative_error(row)} for row in rows]


def _relative_error(row: Row) -> float | None:
    return abs(row["predicted"] / row["measured"] - 1) if row["measured"] else None


def draw_lemmas(rows: list[Row], note: Sequence[str], label: str = "masked loss") -> Figure:
    """Losses over the mask ratio, and below them errors of the predictions, by input scale.

    Each input scale has its own scale of losses; errors share theirs.
    """
    scales = levels(rows, "input_scale")
    figure, axes = panels(2, len(scales), note, sharex=True, height=1.6)
    for axis in axes[1, 1:]:
        axis.sharey(axes[1, 0])
        axis.tick_params(labelleft=False)
    colours = categories(levels(rows, "lemma"))
    for index, scale in enumerate(scales):
        shown = pick(rows, input_scale=scale)
        _draw_losses(axes[0, index], shown, colours)
        _cut(axes[0, index], shown)
        for lemma, colour in colours.items():
            curve = [row for row in pick(shown, lemma=lemma) if row["relative_error"]]
            line(axes[1, index], curve, "mask_ratio", "relative_error", color=colour, marker="o")
        log_y(axes[1, index])
        for axis in axes[:, index]:
            title(axis, f"input scale {scale:g}")
        axes[1, index].set_xlabel(axis_label("mask_ratio"))
    axes[0, 0].set_ylabel(label)
    axes[1, 0].set_ylabel("|predicted / measured - 1|")
    legend(figure, _looks(colours))
    return figure


def _draw_losses(axis: Axes, rows: list[Row], colours: dict) -> None:
    for lemma, colour in colours.items():
        line(axis, pick(rows, lemma=lemma), "mask_ratio", "predicted", color=colour)
    if FUNCTIONAL in colours:
        _draw_points(axis, pick(rows, lemma=FUNCTIONAL), HOLLOW | {"color": colours[FUNCTIONAL]})
    shared = [row for row in rows if row["lemma"] != FUNCTIONAL]
    _draw_points(axis, first(shared, "lemma"), POINTS | {"color": BLACK})


def _draw_points(axis: Axes, rows: list[Row], look: dict) -> None:
    if rows:
        places, losses = zip(*((row["mask_ratio"], row["measured"]) for row in rows), strict=True)
        bars = [2 * (row["standard_error"] or 0) for row in rows]
        axis.errorbar(places, losses, yerr=bars, zorder=3, elinewidth=0.6, **look)


def _cut(axis: Axes, rows: list[Row]) -> None:
    """Keep the scale to what was measured where a prediction is far beyond it."""
    top = OFF * max(row["measured"] for row in rows)
    if top and max(row["predicted"] for row in rows) > top:
        axis.set_ylim(0, top)


def _looks(colours: dict) -> dict[str, dict]:
    looks = {"measured": POINTS | {"color": BLACK}}
    looks |= {f"Lemma {n}": {"color": colour} for n, colour in colours.items() if n != FUNCTIONAL}
    if FUNCTIONAL in colours:
        own = {"color": colours[FUNCTIONAL]}
        looks |= {"measured, class token": HOLLOW | own, f"Lemma {FUNCTIONAL}, class token": own}
    return looks
