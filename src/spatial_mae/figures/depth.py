"""Predicting depth from the latents

Answers the depth figure of Bisulco et al. (2025), drawn there for Cityscapes at 32 x 32 pixels:
test error of a linear readout from the k latents, relative to predicting the mean training map
(1), over the pixels with valid depth, against k. Black: autoencoder; colours: masked autoencoders
by patch size. Columns of panels: readout (free of scale, or ridge chosen on held-out training
images) and whether the encoder's input is masked; rows: data set, target and mask ratio (lowest,
middle and highest at most). Only the first target, colour, centring and other settings are drawn.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.models import draw_models, name_models
from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import log_x, ordered, panels, styled, title
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, keep_masked, require, several
from spatial_mae.tables.rows import Row, few, first, groups, levels, most_images, pick, project
from spatial_mae.tables.settings import SOLUTION

KIND = "depth"
IN_PAPER = "Bisulco Sec. 2.3"
CELL = ("target", "readout", "input")
COLUMNS = (*CELL, "model", "mask_ratio", "n_latents", "error", "n_train", "n_test")
FIRST = ("target", "colour", "centring", "ridge", "flip")


def select(rows: list[Row]) -> list[Row]:
    """Errors over k of AE and MAEs at one target and setting, at most three mask ratios."""
    require(rows, KIND, ("dataset", "patch", *COLUMNS))
    several(rows, "n_latents")
    rows = first(most_images(rows), *FIRST, within=("dataset",))
    maes = keep_masked(rows)
    return project(keep(rows, model="ae") + few(maes, "mask_ratio", 3), (*SOLUTION, *COLUMNS))


@styled
def draw(rows: list[Row]) -> Figure:
    plain, maes = pick(rows, model="ae"), pick(rows, model="mae")
    lines_of = groups(
        sorted(maes, key=lambda r: r["mask_ratio"]), "dataset", "target", "mask_ratio"
    )
    cells = list(groups(rows, "readout", "input"))
    figure, axes = panels(len(lines_of), len(cells), notes(rows))
    colours = ordered(levels(maes, "patch"))
    for line_of_axes, ((dataset, target, ratio), group) in zip(axes, lines_of.items(), strict=True):
        for axis, (readout, seen) in zip(line_of_axes, cells, strict=True):
            cell = {"readout": readout, "input": seen}
            reference = first(pick(plain, dataset=dataset, **cell), "patch")
            shown = pick(group, **cell)
            draw_models(axis, reference + shown, "n_latents", "error", colours, "patch", marker="o")
            axis.set_xlabel(axis_label("n_latents"))
            log_x(axis, levels(shown, "n_latents"))
            title(axis, f"m = {ratio:g}, {readout}, {seen}")
        where = f"{readable(dataset)}, {readable(target)}"
        line_of_axes[0].set_ylabel(f"{where}\n{axis_label('error')}")
    name_models(figure, colours, "MAE, patch {}")
    return figure
