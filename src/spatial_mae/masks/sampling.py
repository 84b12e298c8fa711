"""Masks of patches: drawn, listed, and how probable each is. True = hidden."""

import itertools
from collections.abc import Sequence

import numpy as np

from spatial_mae.masks.laws import LAWS, check_mask_ratio
from spatial_mae.masks.layouts import MOST_BLOCKS, Grid, block_shapes, block_sides, n_units, stride


def sample_masks(
    rng: np.random.Generator,
    n_masks: int,
    n_patches: int,
    mask_ratio: float,
    sampling: str = "bernoulli",
) -> np.ndarray:
    """Draw masks: bool of shape (n_masks, n_patches), True = hidden.

    "bernoulli" hides each patch with probability `mask_ratio`; "exact" hides
    round(mask_ratio * n_patches) patches, each set of that size equally likely.

    Raises ValueError for a mask ratio outside [0, 1) or an unknown sampling law.
    """
    check_mask_ratio(mask_ratio)
    if sampling not in LAWS:
        raise ValueError(f"sampling {sampling!r} is unknown; use one of {', '.join(LAWS)}")
    draws = rng.random((n_masks, n_patches))
    if sampling == "bernoulli":
        return draws < mask_ratio
    ranks = draws.argsort(axis=1).argsort(axis=1)
    return ranks < round(mask_ratio * n_patches)


def enumerate_masks(n_patches: int) -> np.ndarray:
    """All masks of `n_patches` patches: bool of shape (2^n_patches, n_patches).

    Raises ValueError beyond 20 patches, a million masks.
    """
    if not 1 <= n_patches <= 20:
        raise ValueError(f"{n_patches} patches have 2^{n_patches} masks; enumerate 1 to 20 patches")
    numbers = np.arange(2**n_patches)
    return (numbers[:, None] >> np.arange(n_patches)) & 1 == 1


def mask_probabilities(masks: np.ndarray, mask_ratio: float) -> np.ndarray:
    """Probability of each mask (n_masks, n_patches) when patches are hidden independently."""
    check_mask_ratio(mask_ratio)
    hidden = masks.sum(axis=1)
    return mask_ratio**hidden * (1.0 - mask_ratio) ** (masks.shape[1] - hidden)


def places(law: str, grid: Grid, mask_ratio: float) -> np.ndarray:
    """All masks, equally likely, of a law that has few: contiguous or grid; bool (n, n_units)."""
    if law == "grid":
        return grid_places(grid, stride(grid, mask_ratio))
    sides = block_sides(grid, round(mask_ratio * n_units(grid)))
    both = dict.fromkeys([sides, sides[::-1]])
    fitting = [b for b in both if all(s <= g for s, g in zip(b, grid, strict=True))]
    return np.concatenate([block_places(grid, block) for block in fitting])


def block_places(grid: Grid, sides: Sequence[int]) -> np.ndarray:
    """All masks of one block of these sides, bool (n, n_units)."""
    starts = itertools.product(*(range(g - b + 1) for g, b in zip(grid, sides, strict=True)))
    return _each(grid, [_window(start, sides) for start in starts])


def grid_places(grid: Grid, every: int) -> np.ndarray:
    """All masks of a regular grid of visible units, bool (every^dimensions, n_units)."""
    starts = itertools.product(range(every), repeat=len(grid))
    return ~_each(grid, [tuple(slice(s, None, every) for s in start) for start in starts])


def _each(grid: Grid, windows: Sequence[tuple[slice, ...]]) -> np.ndarray:
    """One mask for each window, True inside it: bool (n_windows, n_units)."""
    masks = np.zeros((len(windows), *grid), dtype=bool)
    for mask, window in zip(masks, windows, strict=True):
        mask[window] = True
    return masks.reshape(len(windows), -1)


def block_mask(draws: np.ndarray, grid: Grid, count: int) -> np.ndarray:
    """A mask of the law block that hides `count` units: bool (n_units,).

    draws: uniform in [0, 1). Entry 0 says whether the mask is turned; then for each of
    `MOST_BLOCKS` blocks one draw decides its sides, and one for each axis its place.
    """
    shapes, mask = block_shapes(grid), np.zeros(grid, dtype=bool)
    for chosen, *corner in draws[1:].reshape(MOST_BLOCKS, -1):
        if mask.sum() == count:
            break
        sides = shapes[_below(chosen, len(shapes))]
        starts = [_below(c, g - b + 1) for c, g, b in zip(corner, grid, sides, strict=True)]
        covered = np.zeros_like(mask)
        covered[_window(starts, sides)] = True
        _hide_first(mask, covered & ~mask, count)
    _hide_first(mask, ~mask, count)
    return mask.ravel()[::-1] if draws[0] < 0.5 else mask.ravel()


def n_block_draws(grid: Grid) -> int:
    """How many uniform numbers `block_mask` uses."""
    return 1 + MOST_BLOCKS * (1 + len(grid))


def _window(start: Sequence[int], sides: Sequence[int]) -> tuple[slice, ...]:
    return tuple(slice(s, s + b) for s, b in zip(start, sides, strict=True))


def _hide_first(mask: np.ndarray, candidates: np.ndarray, count: int) -> None:
    """Hide the first candidates in reading order until `count` units are hidden."""
    missing = count - int(mask.sum())
    mask.flat[np.flatnonzero(candidates)[:missing]] = True


def _below(draw: float, n: int) -> int:
    """A whole number 0..n - 1 from a draw in [0, 1)."""
    return min(int(draw * n), n - 1)
