"""Influence against distance over mask ratio and patch size

Answers Fig. 6 of Bisulco et al. (2025), whose pictures are average Jacobians over mask ratio m and
patch size p. Mean absolute weight |W_ij| between two pixels against their distance (rounded to
pixels), scaled so that the weights of an average output pixel sum to one; one panel per patch size,
one colour per mask ratio, black the autoencoder (m = 0), the grey line a patch's side. Rows of
panels are data sets. Where a table holds several k, kinds of masks or other settings, the first is
drawn; the figure of choices shows their effect.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.models import all_ratios, draw_profiles, name_models, ratio_colours
from spatial_mae.figures.drawing.notes import PATCH_SIDE, notes, readable
from spatial_mae.figures.drawing.style import BLACK, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.rows import Row, groups, levels, pick, project
from spatial_mae.tables.settings import SOLUTION

KIND = "profile"
IN_PAPER = "Bisulco Fig. 6"
COLUMNS = ("model", "mask_ratio", "n_latents", "sampling", "distance", "mean_absolute")
FIRST = ("split", "colour", "centring", "ridge", "flip", "n_latents")


def select(rows: list[Row]) -> list[Row]:
    """Profiles of the AE and of every MAE at one setting per data set."""
    require(rows, KIND, ("dataset", "patch", *COLUMNS))
    rows, maes = all_ratios(rows, *FIRST)
    return project(keep(rows, model="ae") + maes, (*SOLUTION, *COLUMNS))


@styled
def draw(rows: list[Row]) -> Figure:
    patches = levels(rows, "patch")
    by_dataset = groups(rows, "dataset")
    figure, axes = panels(
        len(by_dataset), len(patches), notes(rows, PATCH_SIDE), sharey="row", height=1.8
    )
    colours = ratio_colours(rows)
    for line_of_axes, ((dataset,), group) in zip(axes, by_dataset.items(), strict=True):
        for axis, patch in zip(line_of_axes, patches, strict=True):
            shown = pick(group, patch=patch)
            axis.axvline(patch, color="0.8", linewidth=0.6, zorder=0)
            maes = [
                ({"color": c}, pick(shown, model="mae", mask_ratio=m)) for m, c in colours.items()
            ]
            draw_profiles(axis, [({"color": BLACK}, pick(shown, model="ae")), *maes])
            name = f"{readable(dataset)}, p =" if len(by_dataset) > 1 else "patch"
            title(axis, f"{name} {patch}")
        line_of_axes[0].set_ylabel(axis_label("mean_absolute"))
    name_models(figure, colours)
    return figure
