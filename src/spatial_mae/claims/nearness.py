"""Statistics of nearness: how far cells are from each other, or from zero, at the most."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from spatial_mae.claims.shapes import Cells, Shape


@dataclass(frozen=True)
class Alike(Shape):
    """The means of all cells lie within `margin` of each other."""

    margin: float
    least_distance: ClassVar[float] = 0.0

    def fits(self, cells: Cells) -> bool:
        return len(cells) > 1

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        return self.margin - np.ptp(means, axis=-1)

    def none(self, cells: Cells) -> np.ndarray:
        """Half of the cells at either end of the margin: the hardest case of a right claim."""
        return self.margin * (np.arange(len(cells)) >= len(cells) / 2)

    def pattern(self, cells: Cells) -> np.ndarray:
        return -self.none(cells) / self.margin

    def tied(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        """Two cells at the ends, the others between: the hardest case of a wrong claim."""
        apart = np.full(len(cells), self.margin / 2)
        lowest, *_, highest = np.argsort(means)
        apart[lowest], apart[highest] = 0, self.margin
        return apart


@dataclass(frozen=True)
class Largest(Shape):
    """The largest distance of a cell from zero.

    margin: above 0, every cell is at most that far; below 0, one is farther than its size.
    """

    margin: float
    least_distance: ClassVar[float] = 0.0

    def fits(self, cells: Cells) -> bool:
        return True

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        largest = np.abs(means).max(axis=-1)
        return self.margin - largest if self.margin > 0 else self.margin + largest

    def none(self, cells: Cells) -> np.ndarray:
        """The hardest case of a right claim: all cells at the margin, or one of them alone."""
        return abs(self.margin) * self._at_margin(cells)

    def pattern(self, cells: Cells) -> np.ndarray:
        return -np.sign(self.margin) * self._at_margin(cells)

    def _at_margin(self, cells: Cells) -> np.ndarray:
        return np.ones(len(cells)) if self.margin > 0 else np.eye(len(cells))[-1]

    def tied(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        """The hardest case of a wrong claim: one cell at the margin, or all that are beyond it."""
        limit = abs(self.margin)
        within = np.clip(means, -limit, limit)
        if self.margin > 0:
            within[np.abs(means).argmax()] = limit
        return within
