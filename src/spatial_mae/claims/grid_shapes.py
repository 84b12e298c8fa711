"""Statistics of grids of two axes: how much the mean changes along one, where its best shifts."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from spatial_mae.claims.shapes import Cells, Shape

FAR = 100.0  # times the spread of what was measured: noise does not bridge it


@dataclass(frozen=True)
class Shift(Shape):
    """The best value of the second axis falls as the first rises. Cells: a full grid (a, b).

    Statistic: the largest number x such that, for two values low < high of the second axis, the
    smallest a is better by x at high and the largest a better by x at low.
    """

    def fits(self, cells: Cells) -> bool:
        first, second = ({cell[i] for cell in cells} for i in (0, 1))
        return min(len(first), len(second)) > 1 and len(cells) == len(first) * len(second)

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        small, large = (self._curve(cells, end) for end in (min, max))
        pairs = combinations(range(len(small)), 2)
        return np.max([self._crossing(means, small, large, *pair) for pair in pairs], axis=0)

    @staticmethod
    def _curve(cells: Cells, end: Callable) -> list[int]:
        """The cells of the smallest or the largest a, by b."""
        chosen = end(cell[0] for cell in cells)
        places = [place for place, cell in enumerate(cells) if cell[0] == chosen]
        return sorted(places, key=lambda place: cells[place][1])

    def pattern(self, cells: Cells) -> np.ndarray:
        """Straight lines in b, rising for the smallest a, falling for the largest."""
        ranks = [sorted({cell[i] for cell in cells}) for i in (0, 1)]
        x, y = (
            np.array([ranks[i].index(cell[i]) / (len(ranks[i]) - 1) for cell in cells])
            for i in (0, 1)
        )
        return (1 - 2 * x) * y

    def tied(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        """The curve that changes less as claimed is flat, the other is as measured."""
        small, large = (self._curve(cells, end) for end in (min, max))
        flat = min((small, 1), (large, -1), key=lambda one: _most(one[1] * means[one[0]]))[0]
        moved = means.copy()
        moved[flat] = means[flat].mean()
        return moved

    def enough(self, means: np.ndarray, cells: Cells, least: float) -> np.ndarray:
        """The pair of values that crosses most does by `least`; no other comes near it.

        The statistic is the largest of all pairs: the pair that is there bounds it from below.
        """
        small, large = (self._curve(cells, end) for end in (min, max))
        crossings = {
            pair: self._crossing(means, small, large, *pair)
            for pair in combinations(range(len(small)), 2)
        }
        low, high = max(crossings, key=crossings.get)
        moved = means.copy()
        moved[small] = moved[large] = (
            -FAR * max(np.ptp(means), least) * np.arange(1, len(small) + 1)
        )
        moved[small[low]] = moved[large[low]] = 0.0
        moved[small[high]], moved[large[high]] = least, -least
        return moved

    @staticmethod
    def _crossing(
        means: np.ndarray, small: list[int], large: list[int], low: int, high: int
    ) -> np.ndarray:
        """By how much the smallest a is better at `high` and the largest at `low`: the lesser."""
        return np.minimum(
            means[..., small[high]] - means[..., small[low]],
            means[..., large[low]] - means[..., large[high]],
        )


def _most(curve: np.ndarray) -> float:
    """The largest rise from a value to a later one, below 0 where there is none."""
    return max(later - earlier for earlier, later in combinations(curve, 2))


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
