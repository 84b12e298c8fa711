"""Masks over the observables of a hierarchy, made of aligned units, and the laws they follow.

The observables are in a row or form an image, row by row. A unit is `unit` neighbours in a row, or
a square of side `unit`. A law acts on the units of a grid that starts at the first observable, and
hides units at mask ratio m as `masks.layouts` states, with observables for patches, but that

- bernoulli is given that not all and not none are hidden;
- displaced units no longer fit the branches of the hierarchy;
- a contiguous block has one orientation: a tree's symmetry makes the levels of both equal.

The count is round(m P), at least 1 and at most P - 1: Theorem 1 needs a hidden and a visible part.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from spatial_mae.masks.laws import GRID_LAWS, check_mask_ratio
from spatial_mae.masks.layouts import block_shapes, block_sides, stride
from spatial_mae.masks.sampling import (
    block_mask,
    block_places,
    enumerate_masks,
    grid_places,
    mask_probabilities,
    n_block_draws,
    sample_masks,
)

FEW = ("contiguous", "grid")
"""Laws with so few masks that they are listed, each equally likely."""
MOST_MASKS = 2**16


@dataclass(frozen=True)
class MaskLaw:
    """How masks are drawn.

    name: one of `GRID_LAWS`. shape: of the observables, (n,) or (height, width). unit: side of a
    unit in observables. mask_ratio: share of units to hide.

    Raises ValueError for an unknown law, a mask ratio outside [0, 1) or that the law grid does not
    have, a grid of units without blocks, or a unit that does not divide the shape into at least
    two.
    """

    name: str
    shape: tuple[int, ...]
    unit: int
    mask_ratio: float

    def __post_init__(self) -> None:
        if self.name not in GRID_LAWS:
            raise ValueError(
                f"mask law {self.name!r} is unknown; use one of {', '.join(GRID_LAWS)}"
            )
        check_mask_ratio(self.mask_ratio)
        sides = " x ".join(map(str, self.shape))
        if self.unit < 1 or any(side % self.unit for side in self.shape):
            raise ValueError(f"mask unit {self.unit} does not divide {sides} observables")
        if self.n_units < 2:
            raise ValueError(
                f"mask unit {self.unit} covers all {sides} observables; choose one that leaves "
                "at least two units"
            )
        if self.name == "grid":
            stride(self.grid, self.mask_ratio)
        if self.name == "block":
            block_shapes(self.grid)

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
        return block_sides(self.grid, self.n_hidden)

    def sample(self, rng: np.random.Generator, n_masks: int) -> np.ndarray:
        """Draw masks: bool of shape (n_masks, n_observables), True = hidden."""
        if self.name in FEW:
            listed = self._listed()
            return self._spread(listed[rng.integers(len(listed), size=n_masks)])
        if self.name == "block":
            draws = rng.random((n_masks, n_block_draws(self.grid)))
            masks = [block_mask(draw, self.grid, self.n_hidden) for draw in draws]
            return self._spread(np.array(masks))
        if self.name == "bernoulli":
            return self._spread(self._sample_bernoulli(rng, n_masks))
        ratio = self.n_hidden / self.n_units
        masks = self._spread(sample_masks(rng, n_masks, self.n_units, ratio, "exact"))
        return self._displace(rng, masks) if self.name == "displaced" else masks

    @property
    def n_possible(self) -> float:
        """Masks that `enumerate` lists; infinite under the law block: they are never listed."""
        if self.name == "block":
            return math.inf
        if self.name == "bernoulli":
            return 2**self.n_units - 2
        if self.name in FEW:
            return len(self._listed())
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
        masks = self._spread(self._listed() if self.name in FEW else self._choices())
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

    def _listed(self) -> np.ndarray:
        """All masks of a law of `FEW`, bool of shape (n_masks, n_units)."""
        if self.name == "grid":
            return grid_places(self.grid, stride(self.grid, self.mask_ratio))
        return block_places(self.grid, self.block)

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
