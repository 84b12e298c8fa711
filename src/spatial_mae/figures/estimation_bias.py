"""The bias of few images, and its extrapolation

The error of estimated moments widens W, so that every measure of Figs. 5 and 6 of Bisulco et al.
(2025) is biased, the more the fewer images there are. Measures of |W| (top) and of W squared
(bottom): mean distance of input from output pixel, share of the weight inside the output pixel's
own patch, and entropy of an output pixel's weights (nats), against 1/n, n the images of a subset.
Open: means over the disjoint subsets of n images, as they come out. Filled: corrected for the noise
of W, as it is known from the two halves of each subset. Lines: fits of the corrected means in 1/n
(solid) and in n^(-1/2) (dotted). At 1/n = 0: the limit, with its interval of 95 %; with fewer
latents than coordinates it also draws on the open points, which err to the other side. One colour
per mask ratio (at most three), black the autoencoder (m = 0). The first data set, patch size, k and
other settings are drawn.
"""

import numpy as np
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.models import ratio_colours
from spatial_mae.figures.drawing.notes import INTERVALS, notes
from spatial_mae.figures.drawing.style import BLACK, GREY, legend, line, panels, styled, title
from spatial_mae.files import Row
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.limits import LAWS, law_curve, limit, size_means
from spatial_mae.tables.needs import keep, keep_masked, require
from spatial_mae.tables.rows import few, first, groups, pick
from spatial_mae.tables.settings import IMAGES

KIND = "influence_subsets"
IN_PAPER = "Bisulco Figs. 5, 6"
NAMES = ("mean_distance", "intra_patch_share", "entropy")
MEASURES = (*NAMES, *(f"{name}_square" for name in NAMES))
MODEL = ("model", "mask_ratio", "n_latents", "sampling")
SUBSET = ("estimate", "full_rank", "n_images", "subset")
SETTING = ("dataset", "colour", "patch", "centring", "flip", "n_latents")
KEPT = (*IMAGES, "patch", "centring", "flip", *MODEL)
LOOKS = {
    "plain": {"marker": "o", "linestyle": "", "markerfacecolor": "white"},
    "corrected": {"marker": "o", "linestyle": ""},
    "1/n": {"linestyle": "-", "linewidth": 0.7},
    "n^(-1/2)": {"linestyle": ":", "linewidth": 0.7},
    "limit": {"marker": "D", "linestyle": ""},
}

WORDS = {"plain": "uncorrected"}


def select(rows: list[Row]) -> list[Row]:
    """Means at each n, both fits and the limit, of the AE and of at most three MAEs."""
    require(rows, KIND, ("dataset", *MODEL, *SUBSET, *MEASURES))
    rows = first(rows, *SETTING)
    maes = first(keep_masked(rows), "sampling")
    models = groups(keep(rows, model="ae") + few(maes, "mask_ratio", 3), *MODEL).values()
    return [row for found in models for measure in MEASURES for row in _points(found, measure)]


def _points(rows: list[Row], measure: str) -> list[Row]:
    largest = max(row["n_images"] for row in rows)
    frame = {key: rows[0].get(key) for key in KEPT} | {"n_images": largest, "measure": measure}
    points = [
        {"estimate": estimate, "inverse_n": 1 / n, "value": value}
        for estimate in ("plain", "corrected")
        for n, value in size_means(rows, measure, estimate).items()
    ]
    end = max(point["inverse_n"] for point in points)
    for law in LAWS:
        curve = law_curve(rows, measure, law, (end * np.linspace(0, 1, 21) ** 2).tolist())
        points += [{"estimate": law, "inverse_n": x, "value": y} for x, y in curve.items()]
    found = limit(rows, measure)
    ends = {"interval_low": found.low, "interval_high": found.high}
    points.append({"estimate": "limit", "inverse_n": 0.0, "value": found.value, **ends})
    nothing = {"interval_low": None, "interval_high": None}
    return [frame | nothing | point for point in points]


@styled
def draw(rows: list[Row]) -> Figure:
    figure, axes = panels(2, len(NAMES), notes(rows, INTERVALS), height=1.8)
    colours = ratio_colours(rows)
    for axis, measure in zip(axes.flat, MEASURES, strict=True):
        for model, group in groups(pick(rows, measure=measure), "model", "mask_ratio").items():
            _model(axis, group, BLACK if model[0] == "ae" else colours[model[1]])
        axis.set(xlabel=axis_label("inverse_n"), ylabel=axis_label(measure))
        axis.ticklabel_format(axis="x", style="sci", scilimits=(0, 0))
        title(axis)
    named = {"AE": BLACK} | {f"m = {m:g}": colour for m, colour in colours.items()}
    looks = {name: {"color": colour} for name, colour in named.items()}
    looks |= {WORDS.get(name, name): {"color": GREY} | look for name, look in LOOKS.items()}
    legend(figure, looks)
    return figure


def _model(axis, rows: list[Row], colour) -> None:
    for estimate, look in LOOKS.items():
        line(axis, pick(rows, estimate=estimate), "inverse_n", "value", color=colour, **look)
    for row in pick(rows, estimate="limit"):
        axis.plot([0, 0], [row["interval_low"], row["interval_high"]], color=colour, linewidth=0.9)
