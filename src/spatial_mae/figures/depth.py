"""Predicting depth from the latents

Answers the depth figure of Bisulco et al. (2025), drawn there for Cityscapes at 32 x 32 pixels:
test error of a linear readout from the k latents, relative to predicting the mean training map
(1), over the pixels with valid depth, against k. Black: autoencoder; colours: masked autoencoders
by patch size. Columns of panels: readout (free of scale, or ridge chosen on held-out training
images) and whether the encoder's input is masked; rows: data set, target and mask ratio (lowest,
middle and highest at most). Only the first target, colour, centring and other settings are drawn.
"""

from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, readable
from spatial_mae.figures.drawing.style import (
    BLACK,
    legend,
    line,
    log_x,
    ordered,
    panels,
    styled,
    title,
)
from spatial_mae.tables.columns import axis_label
from spatial_mae.tables.needs import keep, keep_masked, require, several
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
    maes = pick(maes, mask_ratio=spread(levels(maes, "mask_ratio"), 3))
    return project(keep(rows, model="ae") + maes, (*SOLUTION, *COLUMNS))


@styled
def draw(rows: list[Row]) -> Figure:
    plain, maes = pick(rows, model="ae"), pick(rows, model="mae")
    lines_of = groups(
        sorted(maes, key=lambda r: r["mask_ratio"]), "dataset", "target", "mask_ratio"
    )
    cells = list(groups(rows, "readout", "input"))
    figure, axes = panels(len(lines_of), len(cells), notes(rows))
    colours = ordered(levels(maes, "patch"))
    for row, ((dataset, target, ratio), group) in enumerate(lines_of.items()):
        for column, (readout, seen) in enumerate(cells):
            axis = axes[row, column]
            cell = {"readout": readout, "input": seen}
            reference = first(pick(plain, dataset=dataset, **cell), "patch")
            _draw_errors(axis, reference, pick(group, **cell), colours)
            title(axis, row * len(cells) + column, f"m = {ratio:g}, {readout}, {seen}")
        where = f"{readable(dataset)}, {readable(target)}"
        axes[row, 0].set_ylabel(f"{where}\n{axis_label('error')}")
    looks = {"AE": {"color": BLACK}}
    legend(figure, looks | {f"MAE, patch {p}": {"color": c} for p, c in colours.items()})
    return figure


def _draw_errors(axis, reference: list[Row], rows: list[Row], colours: dict) -> None:
    line(axis, reference, "n_latents", "error", color=BLACK, marker="o")
    for patch, colour in colours.items():
        line(axis, pick(rows, patch=patch), "n_latents", "error", color=colour, marker="o")
    axis.set_xlabel(axis_label("n_latents"))
    log_x(axis, levels(rows, "n_latents"))
