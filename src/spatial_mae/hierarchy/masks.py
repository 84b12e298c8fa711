"""Masks over the observables of a hierarchy, made of aligned units, and the laws they follow.

The observables are in a row or form an image, row by row. A unit is `unit` neighbours in a row, or
a square of side `unit`. A law acts on the units of a grid that starts at the first observable, and
hides, at mask ratio m of P units:

- bernoulli: each unit with probability m, given that not all and not none are hidden;
- exact: a count of them, each set of that size equally likely;
- displaced: as exact, then the grid is moved, around the edges, by a uniform number of observables
  along each axis: units no longer fit the branches of the hierarchy;
- contiguous: one run of units, or in an image one block whose sides differ by at most a unit, its
  area as near to the count as such blocks come; each place equally likely.

The count is round(m P), at least 1 and at most P - 1: Theorem 1 needs a hidden and a visible part.
"""

import itertools
import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from spatial_mae.masks import laws
from spatial_mae.masks.laws import check_mask_ratio
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities, sample_masks

Law = Literal[laws.Law, "displaced", "contiguous"]
LAWS: tuple[str, ...] = get_args(Law)
MOST_MASKS = 2**16


@dataclass(frozen=True)
class MaskLaw:
    """How masks are drawn.

    name: one of `LAWS`. shape: of the observables, (n,) or (height, width). unit: side of a unit
    in observables. mask_ratio: share of units to hide.

    Raises ValueError for an unknown law, a mask ratio outside [0, 1), or a unit that does not
    divide the shape into at least two.
    """

    name: str
    shape: tuple[int, ...]
    unit: int
    mask_ratio: float

    def __post_init__(self) -> None:
        if self.name not in LAWS:
            raise ValueError(f"mask law {self.name!r} is unknown; use one of {', '.join(LAWS)}")
        check_mask_ratio(self.mask_ratio)
        sides = " x ".join(map(str, self.shape))
        if self.unit < 1 or any(side % self.unit for side in self.shape):
            raise ValueError(f"mask unit {self.unit} does not divide {sides} observables")
        if self.n_units < 2:
            raise ValueError(
                f"mask unit {self.unit} covers all {sides} observables; choose one that leaves "
                "at least two units"
            )

    @property
    def grid(self) -> tuple[int, ...]:
        """Units along each axis."""
        return tuple(side // self.unit for side in self.shape)

    @property
    def n_units(self) -> int:
        return math.prod(self.grid)

    @property
    def n_hidden(self) -> int:
        """Hidden units of a law that fixes their count."""
        return min(max(round(self.mask_ratio * self.n_units), 1), self.n_units - 1)

    @property
    def block(self) -> tuple[int, ...]:
        """Sides in units of the contiguous law's block."""
        if len(self.grid) == 1:
            return (self.n_hidden,)
        blocks = itertools.product(*(range(1, side + 1) for side in self.grid))
        square = [b for b in blocks if abs(b[0] - b[1]) < 2 and math.prod(b) < self.n_units]
        return min(square, key=lambda b: (abs(math.prod(b) - self.n_hidden), b))

    def sample(self, rng: np.random.Generator, n_masks: int) -> np.ndarray:
        """Draw masks: bool of shape (n_masks, n_observables), True = hidden."""
        if self.name == "contiguous":
            blocks = self._blocks()
            return self._spread(blocks[rng.integers(len(blocks), size=n_masks)])
        if self.name == "bernoulli":
            return self._spread(self._sample_bernoulli(rng, n_masks))
        ratio = self.n_hidden / self.n_units
        masks = self._spread(sample_masks(rng, n_masks, self.n_units, ratio, "exact"))
        return self._displace(rng, masks) if self.name == "displaced" else masks

    @property
    def n_possible(self) -> int:
        """Masks that `enumerate` lists."""
        if self.name == "bernoulli":
            return 2**self.n_units - 2
        if self.name == "contiguous":
            return math.prod(g - b + 1 for g, b in zip(self.grid, self.block, strict=True))
        shifts = self.unit ** len(self.shape) if self.name == "displaced" else 1
        return shifts * math.comb(self.n_units, self.n_hidden)

    def enumerate(self) -> tuple[np.ndarray, np.ndarray]:
        """All masks the law can draw, bool (n_possible, n_observables), and their probabilities.

        Raises ValueError beyond 2^16 masks.
        """
        if self.n_possible > MOST_MASKS:
            raise ValueError(
                f"{self.n_possible:.3g} masks are possible; enumerate at most {MOST_MASKS}, "
                "else sample"
            )
        if self.name == "bernoulli":
            units = enumerate_masks(self.n_units)[1:-1]
            weights = mask_probabilities(units, self.mask_ratio)
            return self._spread(units), weights / weights.sum()
        masks = self._spread(self._blocks() if self.name == "contiguous" else self._choices())
        if self.name == "displaced":
            shifts = itertools.product(range(self.unit), repeat=len(self.shape))
            masks = np.concatenate([self._rolled(masks, shift) for shift in shifts])
        return masks, np.full(len(masks), 1 / len(masks))

    def _sample_bernoulli(self, rng: np.random.Generator, n_masks: int) -> np.ndarray:
        if self.mask_ratio == 0:
            raise ValueError("mask ratio 0 hides nothing; the law bernoulli needs one above 0")
        kept = np.empty((0, self.n_units), dtype=bool)
        while len(kept) < n_masks:
            drawn = sample_masks(rng, n_masks, self.n_units, self.mask_ratio)
            kept = np.concatenate([kept, drawn[drawn.any(axis=1) & ~drawn.all(axis=1)]])
        return kept[:n_masks]

    def _choices(self) -> np.ndarray:
        """All masks of `n_hidden` units, bool of shape (n_masks, n_units)."""
        chosen = list(itertools.combinations(range(self.n_units), self.n_hidden))
        masks = np.zeros((len(chosen), self.n_units), dtype=bool)
        masks[np.arange(len(chosen))[:, None], np.array(chosen)] = True
        return masks

    def _blocks(self) -> np.ndarray:
        """All masks of one contiguous block, bool of shape (n_masks, n_units)."""
        places = [range(g - b + 1) for g, b in zip(self.grid, self.block, strict=True)]
        starts = list(itertools.product(*places))
        masks = np.zeros((len(starts), *self.grid), dtype=bool)
        for mask, start in zip(masks, starts, strict=True):
            mask[tuple(slice(s, s + b) for s, b in zip(start, self.block, strict=True))] = True
        return masks.reshape(len(starts), -1)

    def _spread(self, masks: np.ndarray) -> np.ndarray:
        """From units (n_masks, n_units) to observables (n_masks, n_observables)."""
        masks = masks.reshape(-1, *self.grid)
        for axis in range(1, masks.ndim):
            masks = masks.repeat(self.unit, axis=axis)
        return masks.reshape(len(masks), -1)

    def _displace(self, rng: np.random.Generator, masks: np.ndarray) -> np.ndarray:
        """Move each mask by its own uniform number of observables along each axis."""
        shifts = rng.integers(self.unit, size=(len(masks), len(self.shape)))
        moved = np.empty_like(masks)
        for shift in np.unique(shifts, axis=0):
            mine = (shifts == shift).all(axis=1)
            moved[mine] = self._rolled(masks[mine], shift)
        return moved

    def _rolled(self, masks: np.ndarray, shift: tuple[int, ...]) -> np.ndarray:
        axes = tuple(range(1, 1 + len(self.shape)))
        return np.roll(masks.reshape(-1, *self.shape), shift, axis=axes).reshape(len(masks), -1)
