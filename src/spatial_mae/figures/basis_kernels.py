"""Kernels of two output pixels, image by image, over the epochs of training

Answers Fig. 8 of Bisulco et al. (2025), at the scale named below: theirs is 2000 epochs at width
192, a mask ratio of 0.8 and patches of 2 pixels. Rows are held-out images, all under one mask. The
first column is the image as the network sees it, hidden patches grey, with a circle round each of
two hidden output pixels (row, column). The others show where each of the two reads the image: the
absolute Jacobian of the output by each visible pixel, summed over channels and divided by its
maximum, is the opacity of the output's colour over a faint grey version of what is visible, hidden
patches white. Where both outputs read a pixel, the colours mix to olive. The last column is the
linear MAE, whose kernels are the same for every image. Below each picture, in the colour of the
output: its spread, the mean distance of the inputs from the output weighted by the kernel, and its
spatial entropy (Eq. 11), both in the first conventions of the recipe. At the foot of a column:
adaptivity over all images counted below, 1 - mean cosine similarity between the kernels of one
output in two images, 0 where kernels are equal up to their size. The first run of the table is
drawn, and of it at most five images, six epochs and two output pixels.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spatial_mae.figures.drawing.notes import notes, number, remarks
from spatial_mae.figures.drawing.pictures import (
    CLEAR,
    NUMBERS,
    circle,
    output_colours,
    output_names,
    show_picture,
    tint,
)
from spatial_mae.figures.drawing.style import FULL, GREY, grid_of, legend, panels, styled
from spatial_mae.tables.columns import axis_label, label
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.repeats import FRAME, of_one_seed
from spatial_mae.tables.rows import Row, first, groups, levels, pick, spread
from spatial_mae.tables.runs import RUN, SETTING, first_completed

KIND = "basis_kernels"
IN_PAPER = "Bisulco Fig. 8"
PIXEL = ("row", "column")
OUTPUT = ("output", "output_row", "output_column")
MEASURES = {"spread": axis_label("spread"), "entropy": label("entropy")}
KERNEL = (*OUTPUT, *PIXEL, "weight", *MEASURES, "adaptivity")
COLUMNS = ("dataset", "source", "epoch", "image", "hidden", *KERNEL)
MOST_IMAGES, MOST_EPOCHS, MOST_OUTPUTS = 5, 6, 2
FAINT = {"vmin": -6, "vmax": 1.3}  # black and white of the image behind the kernels: light greys
LINE = 6.5  # points from one line of numbers to the next


def select(rows: list[Row]) -> list[Row]:
    """Pixels of the images, and of every kernel drawn."""
    channels = [key for key in (rows or [{}])[0] if key.startswith("original_")] or ["original_0"]
    require(rows, KIND, (*COLUMNS, *channels))
    rows = first(first_completed(rows, "pretrain_epochs"), *RUN)
    images = keep(rows, source="image")
    images = pick(images, image=levels(images, "image")[:MOST_IMAGES])
    kernels = keep(rows, source="network", image=levels(images, "image"))
    kernels = pick(kernels, epoch=spread(levels(kernels, "epoch"), MOST_EPOCHS) or [None])
    kernels += pick(rows, source="linear")
    kernels = pick(kernels, output=levels(kernels, "output")[:MOST_OUTPUTS])
    seen = [_kept(row, *PIXEL, "hidden") | _seen(row, channels) for row in images]
    return seen + [_kept(row, *KERNEL) for row in kernels]


def _kept(row: Row, *columns: str) -> Row:
    frame = (*FRAME, *SETTING, "source", "epoch", "image", *columns)
    return of_one_seed(row, frame)


def _seen(row: Row, channels: list[str]) -> Row:
    """The channels of a pixel as the network sees it, and their mean where it is visible."""
    there = [name for name in channels if row[name] is not None]
    values = [CLEAR if row["hidden"] else row[name] for name in there]
    names = (name.replace("original", "seen") for name in there)
    return dict(zip(names, values, strict=True)) | {
        "grey": None if row["hidden"] else sum(values) / len(values)
    }


@styled
def draw(rows: list[Row]) -> Figure:
    images = groups(pick(rows, source="image"), "image")
    kernels = groups(pick(rows, source=["network", "linear"]), "source", "epoch", "image", "output")
    shown = list(dict.fromkeys((source, epoch) for source, epoch, *_ in kernels))
    colours = output_colours(rows)
    figure, axes = _cells(rows, len(images), 1 + len(shown))
    for down, ((image,), pixels) in enumerate(images.items()):
        show_picture(axes[down, 0], pixels, "seen")
        _name(axes[down, 0], MEASURES.values())
        for across, (source, epoch) in enumerate(shown, start=1):
            at = image if source == "network" else None
            cell = {c: kernels[source, epoch, at, output] for output, c in colours.items()}
            _draw_cell(axes[down, across], pixels, cell)
        for axis in axes[down]:
            for kernel, colour in zip(cell.values(), colours.values(), strict=True):
                circle(axis, kernel[0], colour)
    _label_columns(axes, shown, kernels, colours)
    _legend(figure, rows, colours)
    return figure


def _cells(rows: list[Row], n_images: int, n_columns: int) -> tuple[Figure, np.ndarray]:
    height, width = (1 + max(row[name] for row in rows) for name in PIXEL)
    cell = (FULL - 0.4) / max(n_columns, 5)
    tall = cell * height / width + LINE * (len(MEASURES) + 1) / 72
    note = notes(rows, *remarks(rows))
    figure, axes = panels(n_images, n_columns, note, height=tall)
    figure.get_layout_engine().set(w_pad=0.015, h_pad=0.03, wspace=0, hspace=0)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[], anchor="S")
        axis.spines[:].set(visible=True, linewidth=0.3, color=GREY)
    return figure, axes


def _draw_cell(axis: Axes, pixels: list[Row], cell: dict[str, list[Row]]) -> None:
    """The kernels of the output pixels, by colour, over the image, and their numbers below."""
    backdrop = grid_of(pixels, *PIXEL, "grey")
    axis.imshow(backdrop, cmap="gray", **FAINT)
    tint(axis, {colour: grid_of(kernel, *PIXEL, "weight") for colour, kernel in cell.items()})
    for line, measure in enumerate(MEASURES):
        _write(axis, line, {colour: kernel[0][measure] for colour, kernel in cell.items()})


def _write(axis: Axes, line: float, values: dict[str, float | None]) -> None:
    """Numbers of the output pixels below a picture, next to each other in their colours."""
    for index, (colour, value) in enumerate(values.items()):
        if value is not None:
            place = (index + 0.5) / len(values)
            text = f"{round(value, 2) + 0:.2f}"  # + 0: no minus before a zero
            _below(axis, place, line, text, ha="center", color=colour)


def _name(axis: Axes, names, line: float = 0) -> None:
    """What the lines of numbers to the right of a picture are."""
    for index, name in enumerate(names):
        _below(axis, 1, line + index, name, ha="right", color=GREY)


def _below(axis: Axes, place: float, line: float, text: str, **look: object) -> None:
    shift = {"xytext": (0, -2 - LINE * line), "textcoords": "offset points", "va": "top"}
    axis.annotate(text, (place, 0), xycoords="axes fraction", size=NUMBERS, **shift, **look)


def _label_columns(axes: np.ndarray, shown: list, kernels: dict, colours: dict) -> None:
    foot = len(MEASURES) + 0.4
    axes[0, 0].set_title("image", loc="center")
    _name(axes[-1, 0], ["adaptivity"], foot)
    for axis, last, (source, epoch) in zip(axes[0, 1:], axes[-1, 1:], shown, strict=True):
        axis.set_title(_column_name(source, epoch), loc="center")
        found = {n: rows[0] for (s, e, _, n), rows in kernels.items() if (s, e) == (source, epoch)}
        _write(last, foot, {c: found[output]["adaptivity"] for output, c in colours.items()})


def _column_name(source: str, epoch: int | None) -> str:
    if source == "linear" or epoch is None:
        return {"linear": "linear MAE"}.get(source, source)
    return f"epoch {number(epoch)}" if epoch else "untrained"


def _legend(figure: Figure, rows: list[Row], colours: dict) -> None:
    ring = {"linestyle": "none", "marker": "o", "markerfacecolor": "none", "markersize": 5}
    names = output_names(pick(rows, output=list(colours)))
    legend(figure, {names[n]: ring | {"color": colour} for n, colour in colours.items()})
