"""Targets of a linear readout: Gabor responses, cosines of the image, cosines of its depth map."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from spatial_mae.files import Row
from spatial_mae.tasks.filters import Gabor, gabor_response

Shape = tuple[int, int, int]
Map = Callable[[np.ndarray], np.ndarray]
GABOR, COSINE, DEPTH = "gabor", "cosine", "depth"


@dataclass(frozen=True)
class Goal:
    """One target. names: its columns in a table. of: rows (n, d) to values (n, q).

    The rows are pixels, or those of a depth map where `names["target"]` is "depth".
    """

    names: Row
    of: Map

    @property
    def from_depth(self) -> bool:
        return self.names["target"] == DEPTH

    @property
    def label(self) -> str:
        return ", ".join(
            f"{name} {value}" for name, value in self.names.items() if value is not None
        )


def gabor_goals(gabors: Sequence[Gabor], shape: Shape) -> Iterator[Goal]:
    """The whole response images of filters (Bisulco et al. 2025, Eq. 8): q = d."""
    for gabor in gabors:
        names = {
            "reading": gabor.reading,
            "scale": gabor.scale,
            "frequency": gabor.frequency,
            "orientation": gabor.orientation,
        }
        yield Goal(_names(GABOR, **names), _response(gabor, shape))


def _response(gabor: Gabor, shape: Shape) -> Map:
    return lambda rows: gabor_response(rows, gabor, *shape)


def cosine_goals(family: str, orders: Sequence[int], shape: Shape) -> Iterator[Goal]:
    """One number per image and pair of orders: the coefficient of a 2-D cosine (DCT-II), q = 1.

    shape: (height, width, channels); the channels of a pixel are summed. Raises ValueError for an
    order that the images are too small for.
    """
    height, width, channels = shape
    if (largest := max(orders, default=0)) >= min(height, width):
        raise ValueError(
            f"orders: {largest}, but images of {height} x {width} pixels have cosines of order 0 "
            f"to {min(height, width) - 1}; remove the larger ones"
        )
    for down, along in product(orders, orders):
        plane = np.outer(cosine(down, height), cosine(along, width))
        functional = np.repeat(plane.ravel(), channels)[:, None]
        yield Goal(_names(family, order_y=down, order_x=along), _product(functional))


def _product(functional: np.ndarray) -> Map:
    return lambda rows: rows @ functional


def cosine(order: int, size: int) -> np.ndarray:
    """cos(pi order (i + 1/2) / size) at pixels i = 0 to size - 1."""
    return np.cos(np.pi * order * (np.arange(size) + 0.5) / size)


def _names(family: str, **known: object) -> Row:
    columns = ("reading", "scale", "frequency", "orientation", "order_y", "order_x")
    return {"target": family, **dict.fromkeys(columns), **known}
