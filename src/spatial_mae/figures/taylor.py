"""Masked loss of a non-linear network: Taylor predictions against measurement

Checks Lemmas 4 and 5 (App. B and C) of Bisulco et al. (2025), which replace a non-linear network
by its first-order expansion, at the mean masked input (1 - m) x (Lemma 4) or at the whole input x
(Lemma 5); the paper expects the approximation to hold for small mask ratios only. Points: mean
masked loss measured over masks, with bars of two standard errors; lines: predictions. One panel an
input scale: the larger the input, the further from linear the network.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes
from spatial_mae.figures.drawing.style import (
    BLACK,
    categories,
    legend,
    line,
    log_y,
    panels,
    styled,
    title,
)
from spatial_mae.figures.drawing.table import (
    Row,
    first,
    levels,
    pick,
    project,
    require,
    several,
    spread,
)

KIND = "taylor"
COLUMNS = ("lemma", "mask_ratio", "input_scale", "predicted", "measured")


def select(rows: list[Row]) -> list[Row]:
    """All mask ratios and lemmas, at most four input scales, and the error of each prediction."""
    require(rows, KIND, (*COLUMNS, "standard_error", "n_masks"))
    several(rows, "mask_ratio")
    rows = pick(rows, input_scale=spread(levels(rows, "input_scale"), 4))
    rows = project(rows, (*COLUMNS, "standard_error", "n_masks"))
    return [row | {"relative_error": abs(row["predicted"] / row["measured"] - 1)} for row in rows]


@styled
def draw(rows: list[Row]) -> Figure:
    scales = levels(rows, "input_scale")
    figure, axes = panels(2, len(scales), notes(rows), sharex=True, sharey="row", height=1.6)
    colours = categories(levels(rows, "lemma"))
    for index, scale in enumerate(scales):
        shown = pick(rows, input_scale=scale)
        _draw_losses(axes[0, index], shown, colours)
        for lemma, colour in colours.items():
            curve = pick(shown, lemma=lemma)
            line(axes[1, index], curve, "mask_ratio", "relative_error", color=colour, marker="o")
        log_y(axes[1, index])
        title(axes[0, index], index, f"input scale {scale:g}")
        title(axes[1, index], len(scales) + index, f"input scale {scale:g}")
        axes[1, index].set_xlabel("mask ratio m")
    axes[0, 0].set_ylabel("masked loss")
    axes[1, 0].set_ylabel("|predicted / measured - 1|")
    looks = {"measured": {"color": BLACK, "linestyle": "none", "marker": "o"}}
    legend(figure, looks | {f"Lemma {n}": {"color": c} for n, c in colours.items()})
    return figure


def _draw_losses(axis, rows: list[Row], colours: dict) -> None:
    measured = first(rows, "lemma")
    ratios, losses = zip(*((row["mask_ratio"], row["measured"]) for row in measured), strict=True)
    bars = [2 * (row["standard_error"] or 0) for row in measured]
    look = {"color": BLACK, "linestyle": "none", "marker": "o", "elinewidth": 0.6}
    axis.errorbar(ratios, losses, yerr=bars, zorder=3, **look)
    for lemma, colour in colours.items():
        line(axis, pick(rows, lemma=lemma), "mask_ratio", "predicted", color=colour)
