"""Mean Jacobian of a trained network and the linear MAE's kernel

Asks how much of a trained network is the linear MAE of the same images, patch size and masks
(section 3 of Bisulco et al., 2025). For each run (left) and output pixel (circle), the signed grey
response of the output to each input pixel, blue below zero and red above: how much the mean of the
output's channels changes when all channels of the input change by one. Left the linear MAE's W
(closed form, full rank), right the network's Jacobian, averaged over held-out images, each under
its own mask that hides the outputs, wherever it shows the input. Both have one scale of colours.
Grey: inputs that are never shown when the outputs are hidden, those of their patches. Below each:
spread, the mean distance of the inputs from the output weighted by the absolute mean response, in
pixels (px), the largest absolute response of the network, which the shared scale may show pale, and
the cosine similarity of the network's mean Jacobian and W, over all channels. Of each run the first
seed is drawn; of many runs at most four are drawn, spread in the order of patch size, mask unit,
mask ratio and depths; and at most three output pixels.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from spatial_mae.figures.drawing.notes import notes, remarks, run_name, varied
from spatial_mae.figures.drawing.pictures import NUMBERS, circle
from spatial_mae.figures.drawing.style import BLACK, FULL, grid_of, panels, styled
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.repeats import FRAME, of_one_seed
from spatial_mae.tables.rows import Row, by, first, groups, levels, pick, spread
from spatial_mae.tables.runs import SETTING, first_completed

GREY_SQUARES = "circle: output pixel; grey: its patch and those of the other outputs, hidden"
KIND = "mean_kernels"
IN_PAPER = "Bisulco Sec. 3"
OUTPUT = ("output", "output_row", "output_column")
COLUMNS = ("source", *OUTPUT, "row", "column", "value", "similarity", "spread")
SOURCES = {"linear": "linear W", "network": "network"}
MOST_RUNS, MOST_OUTPUTS = 4, 3
NEVER_SHOWN = "0.8"
SIDE, BAR, BELOW = 0.7, 0.4, 0.42  # inches for names of runs, a colour bar, numbers below a map
BAR_PLACE = (1.04, 0, 0.05, 1)  # in the axes of the map next to it
WIDEST = 1.6  # inches of a map at most
NAMED = ("patch", "mask")  # settings that a run is named by if it is the only one


def select(rows: list[Row]) -> list[Row]:
    """Mean kernels of the first seed of at most four runs, and of their linear MAEs."""
    require(rows, KIND, ("dataset", *COLUMNS))
    rows = first(first_completed(rows, "pretrain_epochs"), "seed", within=SETTING)
    rows = keep(rows, source=list(SOURCES), output=levels(rows, "output")[:MOST_OUTPUTS])
    runs = groups(rows, *SETTING)
    kept = (*FRAME, *SETTING, *COLUMNS)
    return [of_one_seed(row, kept) for run in spread(sorted(runs), MOST_RUNS) for row in runs[run]]


@styled
def draw(rows: list[Row]) -> Figure:
    runs = sorted(groups(rows, *SETTING).items())
    outputs = levels(rows, "output")
    figure, axes = _maps(rows, len(runs), len(outputs))
    for down, (_, run) in enumerate(runs):
        kernels = by(run, "output")
        for index, output in enumerate(outputs):
            _draw_pair(figure, axes[down, 2 * index : 2 * index + 2], kernels[output])
        axes[down, 0].set_ylabel(_name(run, rows), rotation=0, ha="right", va="center")
    for axis, text in zip(axes[0], list(SOURCES.values()) * len(outputs), strict=True):
        axis.set_title(text, loc="center")
    return figure


def _maps(rows: list[Row], n_runs: int, n_outputs: int) -> tuple[Figure, np.ndarray]:
    height, width = (1 + max(row[name] for row in rows) for name in ("row", "column"))
    cell = min((FULL - SIDE - BAR * n_outputs) / (2 * n_outputs), WIDEST)
    tall = cell * height / width + BELOW
    figure, axes = panels(
        n_runs, 2 * n_outputs, notes(rows, *remarks(rows), GREY_SQUARES), height=tall
    )
    engine = figure.get_layout_engine()
    _, bottom, _, up = engine.get()["rect"]
    across = (SIDE + n_outputs * (2 * cell + BAR)) / FULL
    engine.set(w_pad=0.02, h_pad=0.02, wspace=0, hspace=0, rect=(0.008, bottom, across - 0.016, up))
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[], anchor="S")
        axis.spines[:].set(visible=True, linewidth=0.4)
    return figure, axes


def _draw_pair(figure: Figure, pair: Sequence[Axes], rows: list[Row]) -> None:
    limit = _largest(rows) or 1
    for axis, source in zip(pair, SOURCES, strict=True):
        shown = pick(rows, source=source)
        image = _draw_map(axis, shown, limit)
        numbers = {"spread {:.1f} px": shown[0]["spread"]}
        if source == "network":
            numbers |= {"largest {:.2g}": _largest(shown)}
            numbers["cosine {:.2f}"] = shown[0]["similarity"]
        said = [text.format(value) for text, value in numbers.items() if value is not None]
        axis.set_xlabel("\n".join(said), labelpad=2, size=6)
    bar = figure.colorbar(image, cax=pair[-1].inset_axes(BAR_PLACE), ticks=MaxNLocator(5))
    bar.outline.set_linewidth(0.4)
    bar.ax.tick_params(labelsize=NUMBERS, pad=1.5)


def _largest(rows: list[Row]) -> float:
    return max((abs(row["value"]) for row in rows if row["value"] is not None), default=0)


def _draw_map(axis: Axes, rows: list[Row], limit: float) -> AxesImage:
    values = grid_of(rows, "row", "column", "value")
    axis.set_facecolor(NEVER_SHOWN)
    circle(axis, rows[0], BLACK)
    return axis.imshow(values, cmap="RdBu_r", vmin=-limit, vmax=limit)


def _name(run: list[Row], rows: list[Row]) -> str:
    return "\n".join(run_name(run[0], varied(rows) or NAMED))
