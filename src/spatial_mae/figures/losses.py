"""Reconstruction loss of the linear masked autoencoder

Minimum of Eq. 1 of Bisulco et al. (2025) by Theorem 1, divided by the trace of the second moments,
so that 1 is the loss of predicting nothing. Top: against the number of latents k, one colour per
mask ratio m, black the autoencoder (AE), one panel per patch size p. Bottom: against m at a few k,
lowest to highest. Solid lines: each patch hidden with probability m, loss on all pixels (Bernoulli
masks); dashed: exactly m P of P patches hidden; dotted: the loss counts hidden patches only. The
few k are powers of two where there are enough. Curves in k are thinned to at most 40 points. Only
the first data set, centring, ridge and colour are drawn; at most four patch sizes. Bars, for images
of more than 4,096 values: 95 % intervals of the sampled outputs, without the error of the images.
"""

from math import log

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.models import model_looks, ratio_colours
from spatial_mae.figures.drawing.notes import OF_OUTPUTS, notes
from spatial_mae.figures.drawing.style import (
    BLACK,
    DASHES,
    bars,
    categories,
    legend,
    line,
    log_x,
    panels,
    styled,
    title,
)
from spatial_mae.masks.laws import SAMPLINGS
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, keep_masked, require
from spatial_mae.tables.rows import Row, few, first, groups, levels, most_images, pick, project
from spatial_mae.tables.settings import SOLUTION

KIND = "losses"
IN_PAPER = "Bisulco Theorem 1"
COLUMNS = ("model", "mask_ratio", "n_latents", "sampling", "loss")
FIRST = ("colour", "centring", "ridge", "flip")
MOST_POINTS = 40


def select(rows: list[Row]) -> list[Row]:
    """Rows of `panel` latents (loss over k) and of `panel` ratios (loss over m at a few k)."""
    require(rows, KIND, ("dataset", "patch", *COLUMNS))
    rows = first(most_images(first(rows, "dataset")), *FIRST)
    rows = keep(rows, model="ae") + keep_masked(rows)
    rows = project(few(rows, "patch", 4), (*SOLUTION, *COLUMNS, "loss_se"))
    latents = levels(rows, "n_latents")
    over_k = pick(rows, n_latents=_thinned(latents) + _few(latents))
    over_m = pick(rows, n_latents=_few(latents))
    parts = {"latents": over_k if len(latents) > 1 else [], "ratios": over_m}
    return [{"panel": name} | row for name, part in parts.items() for row in part]


def _thinned(values: list[int]) -> list[int]:
    """Values of k about equally far apart on a logarithmic axis."""
    growth = (values[-1] / values[0]) ** (1 / MOST_POINTS)
    kept = [values[0]]
    for value in values[1:]:
        if value >= kept[-1] * growth:
            kept.append(value)
    return [*kept, values[-1]]


def _few(values: list[int]) -> list[int]:
    """Four values of k, a factor apart where there are many, powers of two where there are four."""
    powers = [value for value in values if value & (value - 1) == 0]
    values = powers if len(powers) > 3 else values
    growth = (values[-1] / values[0]) ** (1 / 3)
    targets = [values[0] * growth**step for step in range(4)]
    return sorted({min(values, key=lambda value: abs(log(value / goal))) for goal in targets})


@styled
def draw(rows: list[Row]) -> Figure:
    patches = levels(rows, "patch")
    over_k = pick(rows, panel="latents")  # none where a recipe names `all` alone
    note = notes(rows, *([OF_OUTPUTS] if any(row.get("loss_se") for row in rows) else []))
    figure, axes = panels(2 if over_k else 1, len(patches), note, sharey="row", height=1.75)
    ratios = ratio_colours(rows)
    latents = categories(levels(pick(rows, panel="ratios"), "n_latents"))
    for column, patch in enumerate(patches):
        shown = pick(rows, patch=patch)
        if over_k:
            _draw_over_latents(axes[0, column], pick(over_k, patch=patch), ratios, list(latents))
        _draw_over_ratios(axes[-1, column], pick(shown, panel="ratios"), latents)
        for axis in axes[:, column]:
            title(axis, f"patch {patch}")
    for axis in axes[:, 0]:
        axis.set_ylabel(axis_label("loss"))
    axes[-1, -1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    looks = model_looks(ratios) if over_k else {}
    present = levels(pick(rows, model="mae"), "sampling")
    looks |= {f"{s} masks": {"color": "0.4"} | _look(s) for s in present if len(present) > 1}
    if looks:
        legend(figure, looks)
    return figure


def _look(sampling: object) -> dict:
    return {"linestyle": DASHES[SAMPLINGS.index(sampling)] if sampling in SAMPLINGS else "-"}


def _draw_over_latents(axis, rows: list[Row], colours: dict, ticks: list[int]) -> None:
    line(axis, pick(rows, model="ae"), "n_latents", "loss", color=BLACK)
    maes = groups(pick(rows, model="mae"), "mask_ratio", "sampling")
    for (ratio, sampling), curve in maes.items():
        line(axis, curve, "n_latents", "loss", color=colours[ratio], **_look(sampling))
    axis.set_xlabel(axis_label("n_latents"))
    log_x(axis, ticks)


def _draw_over_ratios(axis, rows: list[Row], colours: dict) -> None:
    for latents, colour in colours.items():
        shown = pick(rows, n_latents=latents)
        for index, sampling in enumerate(levels(pick(shown, model="mae"), "sampling")):
            curve = pick(shown, sampling=sampling)
            curve += pick(shown, model="ae") if sampling == "bernoulli" else []
            label = {"label": f"k = {latents:,}"} if index == 0 else {}
            line(axis, curve, "mask_ratio", "loss", color=colour, **_look(sampling), **label)
            bars(axis, curve, "mask_ratio", "loss", colour)
    axis.set(xlabel=axis_label("mask_ratio"))
