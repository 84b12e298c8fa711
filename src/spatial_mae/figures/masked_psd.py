"""Power spectra of image, mask and masked image

Answers Fig. 22 (App. F) of Bisulco et al. (2025). Mean power at each spatial frequency (cycles per
pixel, zero in the middle) of the images, of the masks and of the images times their masks, for each
patch size; the share m of hidden patches is named below (20 % in the paper). The first data set,
mask ratio and kind of masks are drawn, at most four patch sizes. All images share one logarithmic
scale, all masks another, so that panels can be compared; exact zeros are white. Power is the square
of the discrete Fourier transform over the number of pixels, of pixel values from 0 to 1 and of
masks of 0 and 1, and has no unit: its mean over frequencies is the mean square.
"""

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from spatial_mae.figures.drawing.notes import notes
from spatial_mae.figures.drawing.style import grid_of, panels, styled, title
from spatial_mae.tables.columns import IN_KIND, axis_label
from spatial_mae.tables.needs import keep, require
from spatial_mae.tables.rows import Row, few, first, levels, most_images, pick, project

KIND = "psd"
IN_PAPER = "Bisulco Fig. 22"
COLUMNS = ("patch", "sampling", "mask_ratio", "part", "frequency_x", "frequency_y", "power")
DECADES = 6  # below the strongest frequency, powers take the darkest colour


def select(rows: list[Row]) -> list[Row]:
    """The spectra of one data set, mask ratio and sampling, at most four patch sizes."""
    require(rows, KIND, COLUMNS)
    rows = most_images(first(rows, "dataset"))
    masks = first(keep(rows, part=("mask", "masked")), "mask_ratio", "sampling")
    image = first(keep(rows, part="image"), "patch", "mask_ratio", "sampling")
    return project(
        image + few(masks, "patch", 4), ("dataset", "colour", "n_images", "pixels", *COLUMNS)
    )


@styled
def draw(rows: list[Row]) -> Figure:
    patches = levels(pick(rows, part="mask"), "patch")
    note = notes(pick(rows, part=("mask", "masked")), "white: exactly zero")
    figure, axes = panels(2, 1 + len(patches), note, height=1.55)
    _draw_power(axes[0, 0], pick(rows, part="image"), _scale(rows, "image"))
    title(axes[0, 0], "image")
    axes[0, 0].set(xlabel=axis_label("frequency_x"), ylabel=axis_label("frequency_y"))
    axes[1, 0].set_visible(False)
    for row, part in enumerate(("mask", "masked")):
        for column, patch in enumerate(patches, start=1):
            shown = pick(rows, part=part, patch=patch)
            power = _draw_power(axes[row, column], shown, _scale(rows, part))
            title(axes[row, column], f"{part}, patch {patch}", row * len(patches) + column)
        axes[row, 1].set_ylabel(axis_label("frequency_y"))
        name = IN_KIND[KIND, "power"].label
        figure.colorbar(power, ax=axes[row, 1:], label=name, pad=0.02, aspect=15)
    for axis in axes[1, 1:]:
        axis.set_xlabel(axis_label("frequency_x"))
    return figure


def _scale(rows: list[Row], part: str) -> tuple[float, float]:
    parts = ("mask",) if part == "mask" else ("image", "masked")
    powers = [row["power"] for row in pick(rows, part=parts) if row["power"] > 0]
    return max(min(powers), max(powers) / 10**DECADES), max(powers)


def _draw_power(axis, rows: list[Row], scale: tuple[float, float]) -> AxesImage:
    power = grid_of(rows, "frequency_y", "frequency_x", "power")
    frequencies = levels(rows, "frequency_x")
    half = (frequencies[1] - frequencies[0]) / 2
    reach = (frequencies[0] - half, frequencies[-1] + half)
    axis.spines[:].set_visible(True)
    axis.set(xticks=(-0.4, 0, 0.4), yticks=(-0.4, 0, 0.4))
    look = {"cmap": "viridis", "norm": LogNorm(*scale, clip=True), "origin": "lower"}
    return axis.imshow(np.where(power > 0, power, np.nan), extent=(*reach, *reach), **look)
