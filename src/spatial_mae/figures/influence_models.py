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

from spatial_mae.figures.drawing.models import draw_profiles, few_latents, one_setting
from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import BLACK, legend, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.rows import Row, few, groups, levels, pick, project, spread
from spatial_mae.tables.settings import SOLUTION

KIND = "profile"
IN_PAPER = "Bisulco Fig. 5"
MODEL = ("model", "mask_ratio", "noise_deviation", "n_latents", "sampling")
COLUMNS = (*MODEL, "distance", "mean_absolute")
FIRST = ("split", "colour", "patch", "centring", "ridge", "flip")
SHADES = {"dae": ("#F2B233", "#D55E00", "#8A3A00"), "mae": ("#7CC4EC", "#0072B2", "#003D66")}


def select(rows: list[Row]) -> list[Row]:
    """Profiles of all models at one setting per data set, thinned to at most three of each axis."""
    require(rows, KIND, ("dataset", *COLUMNS))
    rows, maes = one_setting(rows, *FIRST)
    kept = few_latents(keep(rows, model="ae") + pick(rows, model="dae") + maes)
    maes, daes = pick(kept, model="mae"), pick(kept, model="dae")
    kept = pick(kept, model="ae") + few(daes, "noise_deviation", 3) + few(maes, "mask_ratio", 3)
    return project(kept, (*SOLUTION, *COLUMNS))


@styled
def draw(rows: list[Row]) -> Figure:
    by_dataset = groups(rows, "dataset")
    width = max(len(levels(group, "n_latents")) for group in by_dataset.values())
    figure, axes = panels(len(by_dataset), width, notes(rows), height=1.9, sharey="row")
    looks = _looks(rows)
    for line_of_axes, ((dataset,), group) in zip(axes, by_dataset.items(), strict=True):
        latents = levels(group, "n_latents")
        for axis, k in zip(line_of_axes, latents, strict=False):
            shown = pick(group, n_latents=k)
            draw_profiles(axis, [(look, _of(shown, *key)) for key, look in looks.items()])
            title(axis, f"{readable(dataset)}, k = {k:,}")
        for axis in line_of_axes[len(latents) :]:
            axis.set_visible(False)
        line_of_axes[0].set_ylabel(axis_label("mean_absolute"))
    legend(figure, {_label(key): look for key, look in looks.items()})
    return figure


def _looks(rows: list[Row]) -> dict[tuple, dict]:
    looks = {("ae", 0): {"color": BLACK}}
    for model, column, dash in (("dae", "noise_deviation", "--"), ("mae", "mask_ratio", "-")):
        values = levels(pick(rows, model=model), column)
        middle = SHADES[model][1 : 1 + len(values)]  # one, or none of a model that is not there
        shades = spread(SHADES[model], len(values)) if len(values) > 1 else middle
        looks |= {
            (model, value): {"color": shade, "linestyle": dash}
            for value, shade in zip(values, shades, strict=True)
        }
    return looks


def _label(key: tuple) -> str:
    model, value = key
    return {"ae": "AE", "dae": f"DAE, σ = {value:g}", "mae": f"MAE, m = {value:g}"}[model]


def _of(rows: list[Row], model: str, value: float) -> list[Row]:
    column = {"ae": None, "dae": "noise_deviation", "mae": "mask_ratio"}[model]
    return pick(rows, model=model, **({column: value} if column else {}))
