"""Influence against distance over mask ratio and patch size

Answers Fig. 6 of Bisulco et al. (2025), whose pictures are average Jacobians over mask ratio m and
patch size p. Mean absolute weight |W_ij| between two pixels against their distance (rounded to
pixels), scaled so that the weights of an average output pixel sum to one; one panel per patch size,
one colour per mask ratio, black the autoencoder (m = 0), the grey line a patch's side. Rows of
panels are data sets. Where a table holds several k, kinds of masks or other settings, the first is
drawn; the figure of choices shows their effect.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import (
    BLACK,
    legend,
    line,
    log_y,
    ordered,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, keep_masked, require, several
from spatial_mae.tables.rows import Row, first, groups, levels, most_images, pick, project
from spatial_mae.tables.settings import SOLUTION

KIND = "profile"
IN_PAPER = "Bisulco Fig. 6"
COLUMNS = ("model", "mask_ratio", "n_latents", "sampling", "distance", "mean_absolute")
FIRST = ("split", "colour", "centring", "ridge", "flip", "n_latents")


def select(rows: list[Row]) -> list[Row]:
    """Profiles of the AE and of every MAE at one setting per data set."""
    require(rows, KIND, ("dataset", "patch", *COLUMNS))
    rows = first(most_images(rows), *FIRST, within=("dataset",))
    maes = first(keep_masked(rows), "sampling")
    several(maes, "mask_ratio")
    return project(keep(rows, model="ae") + maes, (*SOLUTION, *COLUMNS))


@styled
def draw(rows: list[Row]) -> Figure:
    patches = levels(rows, "patch")
    by_dataset = groups(rows, "dataset")
    figure, axes = panels(len(by_dataset), len(patches), notes(rows), sharey="row", height=1.8)
    colours = ordered(levels(pick(rows, model="mae"), "mask_ratio"))
    for row, ((dataset,), group) in enumerate(by_dataset.items()):
        for column, patch in enumerate(patches):
            axis = axes[row, column]
            _draw_profiles(axis, pick(group, patch=patch), patch, colours)
            name = f"{readable(dataset)}, p =" if len(by_dataset) > 1 else "patch"
            title(axis, row * len(patches) + column, f"{name} {patch}")
        axes[row, 0].set_ylabel(axis_label("mean_absolute"))
    looks = {"AE": {"color": BLACK}}
    legend(figure, looks | {f"m = {m:g}": {"color": c} for m, c in colours.items()})
    return figure


def _draw_profiles(axis, rows: list[Row], patch: int, colours: dict) -> None:
    axis.axvline(patch, color="0.8", linewidth=0.6, zorder=0)
    shown = {BLACK: pick(rows, model="ae")}
    shown |= {colour: pick(rows, model="mae", mask_ratio=m) for m, colour in colours.items()}
    for colour, curve in shown.items():
        positive = [row for row in curve if row["mean_absolute"] > 1e-12]
        marker = {"marker": "o"} if len(positive) == 1 else {}
        line(axis, positive, "distance", "mean_absolute", color=colour, **marker)
    log_y(axis)
    axis.set_xlabel(axis_label("distance"))
