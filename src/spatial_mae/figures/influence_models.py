"""Influence against distance: AE, DAE and MAE

Answers Fig. 5 of Bisulco et al. (2025). Mean absolute weight |W_ij| of input pixel i on output
pixel j, W = AB, against the distance of the two pixels, averaged over all pairs of that distance
(rounded to pixels) and scaled so that the weights of an average output pixel sum to one. AE:
autoencoder; DAE: denoising autoencoder with noise of standard deviation sigma, in pixel units of
[0, 1]; MAE: masked autoencoder with mask ratio m. One row of panels per data set, one column a
number of latents k: the paper does not state k, and with k = d the AE is the identity, so that its
curve is a single point at distance zero (on the logarithmic axis zero cannot be drawn). At most
three noise levels, mask ratios and k are drawn: the lowest, a middle one, the highest. Only the
first patch size and other settings are drawn.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import BLACK, legend, line, log_y, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, keep_masked, require
from spatial_mae.tables.rows import (
    Row,
    first,
    groups,
    levels,
    most_images,
    pick,
    project,
    spread,
)
from spatial_mae.tables.settings import SOLUTION

KIND = "profile"
IN_PAPER = "Bisulco Fig. 5"
MODEL = ("model", "mask_ratio", "noise_deviation", "n_latents", "sampling")
COLUMNS = (*MODEL, "distance", "mean_absolute")
FIRST = ("split", "colour", "patch", "centring", "ridge", "flip", "sampling")
SHADES = {"dae": ("#F2B233", "#D55E00", "#8A3A00"), "mae": ("#7CC4EC", "#0072B2", "#003D66")}


def select(rows: list[Row]) -> list[Row]:
    """Profiles of all models at one setting per data set, thinned to at most three of each axis."""
    require(rows, KIND, ("dataset", *COLUMNS))
    rows = first(most_images(rows), *FIRST[:-1], within=("dataset",))
    rows = keep(rows, model="ae") + pick(rows, model="dae") + first(keep_masked(rows), "sampling")
    kept = []
    for group in groups(rows, "dataset").values():
        kept += pick(group, n_latents=spread(levels(group, "n_latents"), 3))
    ratios = spread(levels(pick(kept, model="mae"), "mask_ratio"), 3)
    noises = spread(levels(pick(kept, model="dae"), "noise_deviation"), 3)
    kept = (
        pick(kept, model="ae")
        + pick(kept, noise_deviation=noises)
        + pick(kept, model="mae", mask_ratio=ratios)
    )
    return project(kept, (*SOLUTION, *COLUMNS))


@styled
def draw(rows: list[Row]) -> Figure:
    by_dataset = groups(rows, "dataset")
    width = max(len(levels(group, "n_latents")) for group in by_dataset.values())
    figure, axes = panels(len(by_dataset), width, notes(rows), height=1.9, sharey="row")
    looks = _looks(rows)
    for row, ((dataset,), group) in enumerate(by_dataset.items()):
        latents = levels(group, "n_latents")
        for column, k in enumerate(latents):
            axis = axes[row, column]
            _draw_profiles(axis, pick(group, n_latents=k), looks)
            title(axis, row * width + column, f"{readable(dataset)}, k = {k:,}")
        for axis in axes[row, len(latents) :]:
            axis.set_visible(False)
        axes[row, 0].set_ylabel(axis_label("mean_absolute"))
    legend(figure, {_label(key): look for key, look in looks.items()})
    return figure


def _looks(rows: list[Row]) -> dict[tuple, dict]:
    looks = {("ae", 0): {"color": BLACK}}
    for model, column, dash in (("dae", "noise_deviation", "--"), ("mae", "mask_ratio", "-")):
        values = levels(pick(rows, model=model), column)
        shades = spread(SHADES[model], len(values)) if len(values) > 1 else SHADES[model][1:2]
        looks |= {
            (model, value): {"color": shade, "linestyle": dash}
            for value, shade in zip(values, shades, strict=True)
        }
    return looks


def _label(key: tuple) -> str:
    model, value = key
    return {"ae": "AE", "dae": f"DAE, σ = {value:g}", "mae": f"MAE, m = {value:g}"}[model]


def _draw_profiles(axis, rows: list[Row], looks: dict) -> None:
    for (model, value), look in looks.items():
        column = "noise_deviation" if model == "dae" else "mask_ratio"
        shown = (
            pick(rows, model=model) if model == "ae" else pick(rows, model=model, **{column: value})
        )
        positive = [row for row in shown if row["mean_absolute"] > 1e-12]
        marker = {"marker": "o"} if len(positive) == 1 else {}
        line(axis, positive, "distance", "mean_absolute", **look, **marker)
    log_y(axis)
    axis.set_xlabel(axis_label("distance"))
