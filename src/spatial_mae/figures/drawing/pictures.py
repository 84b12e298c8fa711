"""Images and kernels drawn pixel by pixel, and the colours of a few chosen output pixels."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from spatial_mae.figures.drawing.style import CATEGORIES, grid_of
from spatial_mae.tables.rows import Row, groups

CLEAR = 0.5  # the grey of hidden pixels
# A colour for each output pixel: vermillion and bluish green first, as in the paper.
OUTPUTS = (CATEGORIES[1], CATEGORIES[2], CATEGORIES[0], *CATEGORIES[3:])
NUMBERS = 5  # points: the size of numbers next to a picture


def show_picture(axis: Axes, rows: Sequence[Row], name: str) -> None:
    """The image whose channels are the columns `name_0`, .. of the rows of its pixels, 0 to 1."""
    channels = [key for key in rows[0] if key.startswith(f"{name}_") and rows[0][key] is not None]
    values = np.stack([grid_of(rows, "row", "column", key) for key in channels], axis=-1)
    shown = values if len(channels) == 3 else values[..., 0]
    axis.imshow(shown, cmap="gray", vmin=0, vmax=1)


def output_colours(rows: Sequence[Row]) -> dict[int, str]:
    """A colour for each output pixel of a table with the column `output`, in their order."""
    outputs = sorted({row["output"] for row in rows if row.get("output") is not None})
    return {output: OUTPUTS[index % len(OUTPUTS)] for index, output in enumerate(outputs)}


def output_names(rows: Sequence[Row]) -> dict[int, str]:
    """What each output pixel is called in a legend: its row and column in the image."""
    places = groups(rows, "output", "output_row", "output_column")
    return {n: f"output pixel ({down}, {across})" for n, down, across in places if n is not None}


def circle(axis: Axes, row: Row, colour: str, size: float = 22) -> None:
    """A circle round the output pixel of a row; `size` in points squared."""
    look = {"s": size, "facecolors": "none", "edgecolors": colour, "linewidths": 0.9}
    axis.scatter([row["output_column"]], [row["output_row"]], **look)


def tint(axis: Axes, weights: Mapping[str, np.ndarray]) -> None:
    """At most two maps of weights >= 0, each a colour over what the axis shows already.

    A map's opacity is its share of its own maximum; where both have weight, the colours mix in
    proportion, whichever comes first.
    """
    shares = {colour: values / (values.max() or 1) for colour, values in weights.items()}
    total = np.maximum(sum(shares.values()), 1e-12)
    strongest = np.maximum.reduce(list(shares.values()))
    above = np.zeros_like(total)
    opacities = {}
    for colour, share in reversed(shares.items()):
        part = strongest * share / total
        opacities[colour] = np.clip(part / np.maximum(1 - above, 1e-12), 0, 1)
        above = above + part
    for colour, values in weights.items():
        axis.imshow(values, cmap=ListedColormap([colour]), alpha=opacities[colour])
