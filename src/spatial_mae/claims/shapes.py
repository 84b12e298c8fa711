"""What statements claim of numbers measured in cells: the statistic, its zero, its direction.

A cell is one choice of the axes that a statement compares, such as (patch size, mask ratio). The
statistic of a claim is in the unit of the measure and positive where the claim is right. The same
statistic is computed of simulated noise, so that a best of three against a best of one, or the
lowest of several steps, has the null distribution of its own design.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

Cell = tuple
Cells = Sequence[Cell]
Inside = Callable[[Cells], Sequence[bool]]


class Shape:
    """A statistic of cell means, zero without an effect.

    margin: with one the statistic is zero where a distance is as large as it: above 0, of an
    equivalence ("within 2 points"); below 0, of a least size ("at least 1.5 times").
    least_distance: the smallest that this distance can be.
    """

    margin = 0.0
    least_distance: ClassVar[float] = -np.inf

    def fits(self, cells: Cells) -> bool:
        """Whether the design has the cells that the statistic needs."""
        raise NotImplementedError

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        """The statistic of means of shape (..., cells)."""
        raise NotImplementedError

    def none(self, cells: Cells) -> np.ndarray:
        """Means (cells,) at which the statistic is 0: no effect, or an effect at the margin."""
        return np.zeros(len(cells))

    def pattern(self, cells: Cells) -> np.ndarray:
        """Change of the means (cells,) that raises the statistic by 1 from `none`."""
        raise NotImplementedError

    def tied(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        """Means near those measured at which the claim is just not right."""
        return self.none(cells)

    def enough(self, means: np.ndarray, cells: Cells, least: float) -> np.ndarray:
        """Means near those measured at which the statistic is just `least`."""
        return self.none(cells) + least * self.pattern(cells)


@dataclass(frozen=True)
class Rise(Shape):
    """From the first to the last value of one axis the mean rises, with no step down.

    Statistic: the rise in all less the largest step down. sign -1: it falls, with no step up.
    steps: whether steps count; without them only the two ends are compared.
    """

    sign: int = 1
    steps: bool = True

    def fits(self, cells: Cells) -> bool:
        return len(cells) > 1

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        means = self.sign * means
        rise = means[..., -1] - means[..., 0]
        if not self.steps:
            return rise
        return rise + np.minimum(np.diff(means, axis=-1).min(axis=-1), 0)

    def pattern(self, cells: Cells) -> np.ndarray:
        return self.sign * np.linspace(0, 1, len(cells))

    def tied(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        """The last mean moved: the rise is then as large as the largest step down."""
        return self.enough(means, cells, 0.0)

    def enough(self, means: np.ndarray, cells: Cells, least: float) -> np.ndarray:
        *others, _ = means = self.sign * means
        down = max(0.0, *-np.diff(others)) if len(others) > 1 and self.steps else 0.0
        ends = [means[0] + down + least]
        if self.steps:  # the last step may be the one down
            ends.append((means[0] + others[-1] + least) / 2)
        return self.sign * np.array([*others, max(ends)])


@dataclass(frozen=True)
class Steady(Shape):
    """Along one axis no step down is larger than `margin`.

    Statistic: the margin and the lowest step, which may be one down.
    """

    margin: float

    def fits(self, cells: Cells) -> bool:
        return len(cells) > 1

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        return self.margin + np.diff(means, axis=-1).min(axis=-1)

    def none(self, cells: Cells) -> np.ndarray:
        """Every step is down by the margin: the hardest case of a denial."""
        return -self.margin * self.pattern(cells)

    def pattern(self, cells: Cells) -> np.ndarray:
        return np.arange(float(len(cells)))

    def tied(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        """One step is, the lowest, and the others are far up: the hardest case of a claim."""
        steps = np.diff(means)
        lowest = steps.argmin()
        steps = np.maximum(steps, 100 * self.margin)
        steps[lowest] = -self.margin
        return np.concatenate([[0.0], np.cumsum(steps)])


@dataclass(frozen=True)
class Lead(Shape):
    """The best cell inside a region is above the best outside. every: all cells inside are.

    inside: cells -> for each, whether it is in the region. margin: at most that much below is
    enough; negative, at least that much above is wanted.
    """

    inside: Inside
    every: bool = False
    margin: float = 0.0

    def fits(self, cells: Cells) -> bool:
        region = self._region(cells)
        return bool(region.any() and not region.all())

    def _region(self, cells: Cells) -> np.ndarray:
        return np.asarray(self.inside(cells), dtype=bool)

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        region = self._region(cells)
        ours = means[..., region]
        ours = ours.min(axis=-1) if self.every else ours.max(axis=-1)
        return self.margin + ours - means[..., ~region].max(axis=-1)

    def none(self, cells: Cells) -> np.ndarray:
        return -self.margin * self._region(cells)

    def pattern(self, cells: Cells) -> np.ndarray:
        region = self._region(cells)
        if self.every:
            return region.astype(float)
        one = np.flatnonzero(region)
        raised = np.zeros(len(cells))
        raised[one[len(one) // 2]] = 1  # an optimum is one cell
        return raised

    def tied(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        """One cell inside is moved to the best outside: one against one, where others are far."""
        return self.enough(means, cells, 0.0)

    def enough(self, means: np.ndarray, cells: Cells, least: float) -> np.ndarray:
        region = self._region(cells)
        level = means[~region].max() - self.margin + least
        nearer = np.maximum if self.every else np.minimum
        inside = nearer(means[region], level)
        inside[inside.argmin() if self.every else inside.argmax()] = level
        moved = means.copy()
        moved[region] = inside
        return moved


@dataclass(frozen=True)
class Above(Shape):
    """The mean of some cells is above that of others.

    ours, theirs: cells -> for each, whether it is one of them. margin: as of `Lead`.
    """

    ours: Inside
    theirs: Inside
    margin: float = 0.0

    def fits(self, cells: Cells) -> bool:
        return any(self.ours(cells)) and any(self.theirs(cells))

    def _side(self, side: Inside, cells: Cells) -> np.ndarray:
        return np.asarray(side(cells), dtype=bool)

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        ours, theirs = self._side(self.ours, cells), self._side(self.theirs, cells)
        return self.margin + means[..., ours].mean(axis=-1) - means[..., theirs].mean(axis=-1)

    def none(self, cells: Cells) -> np.ndarray:
        return -self.margin * self._side(self.ours, cells)

    def pattern(self, cells: Cells) -> np.ndarray:
        return self._side(self.ours, cells).astype(float)


@dataclass(frozen=True)
class Best(Shape):
    """The best of all cells is above zero."""

    def fits(self, cells: Cells) -> bool:
        return True

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        return means.max(axis=-1)

    def pattern(self, cells: Cells) -> np.ndarray:
        return np.ones(len(cells))

    def enough(self, means: np.ndarray, cells: Cells, least: float) -> np.ndarray:
        """The best is just as large, the others are no better than they are."""
        moved = np.minimum(means, least)
        moved[means.argmax()] = least
        return moved


@dataclass(frozen=True)
class Mean(Shape):
    """The mean of all cells is above zero. margin: as of `Lead`."""

    margin: float = 0.0

    def fits(self, cells: Cells) -> bool:
        return True

    def value(self, means: np.ndarray, cells: Cells) -> np.ndarray:
        return self.margin + means.mean(axis=-1)

    def none(self, cells: Cells) -> np.ndarray:
        return np.full(len(cells), -self.margin)

    def pattern(self, cells: Cells) -> np.ndarray:
        return np.ones(len(cells))


def named(*names: object) -> Inside:
    """The cells of one axis that have one of these values."""
    return lambda cells: [cell[0] in names for cell in cells]
