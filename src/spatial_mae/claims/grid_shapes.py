"""A statistic of grids: how much the mean changes along one axis, against the other."""

from dataclasses import dataclass

import numpy as np

from spatial_mae.claims.shapes import Cells, Shape, Shift


@dataclass(frozen=True)
class Change(Shape):
    """The mean changes along the first of two axes, whatever the direction. Cells: a full grid.

    Statistic: `first` times the range along the first axis, a mean over the second, less `second`
    times the range along the second, a mean over the first. Noise alone has a range too: with
    `second` above `first` it counts against the claim.
    """

    first: float = 1.0
    second: float = 0.0

    def fits(self, cells: Cells) -> bool:
        return Shift().fits(cells)

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        along, across = ranges(means, cells)
        return self.first * along - self.second * across

    def pattern(self, cells: Cells) -> np.ndarray:
        return _ramp(cells, 0) / self.first

    def tied(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        """Straight lines: along the first axis as far as measured, along the second too far."""
        if not self.second:
            return self.none(cells)
        along, _ = ranges(means, cells)
        return along * (_ramp(cells, 0) + self.first / self.second * _ramp(cells, 1))


def ranges(means: np.ndarray, cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Largest less smallest mean along either axis, averaged over the other."""
    first, second = (sorted({cell[i] for cell in cells}) for i in (0, 1))
    places = {cell: place for place, cell in enumerate(cells)}
    order = [places[a, b] for a in first for b in second]
    grid = means[..., order].reshape(*means.shape[:-1], len(first), len(second))
    return np.ptp(grid, axis=-2).mean(axis=-1), np.ptp(grid, axis=-1).mean(axis=-1)


def _ramp(cells: Cells, axis: int) -> np.ndarray:
    """A straight line from 0 to 1 over the ranks of an axis."""
    ranks = sorted({cell[axis] for cell in cells})
    return np.array([ranks.index(cell[axis]) / (len(ranks) - 1) for cell in cells])
