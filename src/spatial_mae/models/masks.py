"""Masks drawn by batch on any device, and the order in which the networks read them.

True = hidden, and patches are numbered row by row, as in `spatial_mae.masks.sampling`.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from spatial_mae.masks.layouts import MOST_BLOCKS, block_shapes
from spatial_mae.masks.sampling import n_block_draws, places
from spatial_mae.models.architecture import Architecture, check_masking
from spatial_mae.models.patchify import patchify, unpatchify


def draw_masks(
    generator: torch.Generator,
    n: int,
    architecture: Architecture,
    mask_ratio: float,
    sampling: str,
) -> Tensor:
    """Draw masks of mask units by a law of `masks.layouts`: bool (n, n_patches), True = hidden.

    They are on the generator's device. "bernoulli" shows one unit at random where it would have
    hidden all.

    Raises ValueError for an unknown law, one that cannot be drawn at this mask ratio on this grid,
    or a ratio that hides no unit or all.
    """
    check_masking(architecture, mask_ratio, sampling)
    grid, count = architecture.unit_grid, architecture.n_hidden(mask_ratio, sampling)
    if sampling in ("contiguous", "grid"):
        few = _places(sampling, grid, mask_ratio, generator.device)
        chosen = _below(_uniform(generator, n), len(few))
        return expand_units(few[chosen], architecture)
    if sampling == "block":
        draws = _uniform(generator, n, n_block_draws(grid))
        return expand_units(hide_blocks(draws, grid, count), architecture)
    draws = torch.rand((n, architecture.n_units), generator=generator, device=generator.device)
    if sampling == "bernoulli":
        return expand_units(_bernoulli(draws, mask_ratio), architecture)
    masks = expand_units(_lowest(draws, count), architecture)
    if sampling == "displaced":
        shifts = _below(_uniform(generator, n, 2), architecture.unit)
        return displace(masks, shifts, architecture)
    return masks


def _uniform(generator: torch.Generator, *shape: int) -> Tensor:
    """Draws in [0, 1), float64 so that each whole number below n is as likely as the others."""
    options = {"generator": generator, "device": generator.device}
    return torch.rand(shape, **options, dtype=torch.float64)


def _below(draws: Tensor, n: Tensor | int) -> Tensor:
    """Whole numbers 0..n - 1 from draws in [0, 1)."""
    numbers = (draws * n).long()
    return torch.minimum(numbers, n - 1) if isinstance(n, Tensor) else numbers.clamp(max=n - 1)


@lru_cache(maxsize=32)
def _places(law: str, grid: tuple[int, int], mask_ratio: float, device: torch.device) -> Tensor:
    """All masks of a law that has few, kept: copying them to a GPU would wait in each step."""
    return torch.from_numpy(places(law, grid, mask_ratio)).to(device)


@lru_cache(maxsize=32)
def _shapes(grid: tuple[int, int], device: torch.device) -> Tensor:
    return torch.tensor(block_shapes(grid)).to(device)


def _bernoulli(draws: Tensor, mask_ratio: float) -> Tensor:
    hidden = draws < mask_ratio
    # The largest draw is a uniformly chosen unit, also given that all are below the ratio.
    all_hidden = hidden.all(dim=1, keepdim=True)
    return hidden & ~(all_hidden & (draws == draws.amax(dim=1, keepdim=True)))


def hide_blocks(draws: Tensor, grid: tuple[int, int], count: int) -> Tensor:
    """`sampling.block_mask` for many masks at once: (n, n_block_draws(grid)) -> bool (n, n_units).

    A unit comes after those that an earlier block covers, and in reading order within a block.
    """
    chosen, *corners = draws[:, 1:].reshape(len(draws), MOST_BLOCKS, 3).unbind(dim=2)
    shapes = _shapes(grid, draws.device)
    sides = shapes[_below(chosen, len(shapes))]
    within = [
        _between(_below(corner, length - side + 1), side, length)
        for corner, side, length in zip(corners, sides.unbind(dim=2), grid, strict=True)
    ]
    covered = (within[0][..., :, None] & within[1][..., None, :]).flatten(2)
    first = torch.where(covered.any(dim=1), covered.byte().argmax(dim=1), MOST_BLOCKS)
    units = covered.shape[2]
    hidden = _lowest(first * units + torch.arange(units, device=draws.device), count)
    return torch.where(draws[:, :1] < 0.5, hidden.flip(1), hidden)


def _between(start: Tensor, side: Tensor, length: int) -> Tensor:
    """Which of `length` rows (or columns) blocks cover: bool (n, blocks, length)."""
    numbers = torch.arange(length, device=start.device)
    return (numbers >= start[..., None]) & (numbers < (start + side)[..., None])


def displace(masks: Tensor, shifts: Tensor, architecture: Architecture) -> Tensor:
    """Move each mask (n, n_patches) around the edges by its own shift (n, 2): rows, columns."""
    height, width = architecture.grid
    rows = torch.arange(height, device=masks.device)[:, None] - shifts[:, 0, None, None]
    columns = torch.arange(width, device=masks.device) - shifts[:, 1, None, None]
    return masks.gather(1, (rows % height * width + columns % width).flatten(1))


def _lowest(draws: Tensor, count: int) -> Tensor:
    """Whether a draw is among the `count` lowest of its row: bool, exactly `count` in each row."""
    chosen = draws.argsort(dim=1)[:, :count]
    return torch.zeros_like(draws, dtype=torch.bool).scatter_(1, chosen, True)


def expand_units(unit_masks: Tensor, architecture: Architecture) -> Tensor:
    """Masks of patches from masks of units: bool (n, n_units) -> (n, n_patches)."""
    rows, columns = architecture.unit_grid
    masks = unit_masks.reshape(-1, rows, 1, columns, 1)
    side = architecture.unit
    return masks.expand(-1, rows, side, columns, side).reshape(len(unit_masks), -1)


def inner_pixels(masks: Tensor, architecture: Architecture, boundary_width: int) -> Tensor:
    """Hidden pixels with no visible one within `boundary_width`: bool (N, P, patch_size^2).

    The distance of two pixels is the larger of those in rows and in columns, 1 for neighbours, so
    that a strip of that many pixels goes along every visible region. The image's border is none.
    """
    size = architecture.patch_size
    sides = architecture.height, architecture.width_pixels
    visible = (~masks).float()[..., None].expand(-1, -1, size**2)
    visible = unpatchify(visible, size, *sides)
    reach = 2 * boundary_width + 1
    near = max_pool2d(visible, (reach, 1), stride=1, padding=(boundary_width, 0))
    near = max_pool2d(near, (1, reach), stride=1, padding=(0, boundary_width))
    return patchify(near, size) == 0


@dataclass(frozen=True)
class Arrangement:
    """Patches of each image with the visible ones first, both parts in row-major order.

    `order` (N, P) int64 holds patch numbers. The first `n_visible` slots (the most any image of the
    batch shows) go to the encoder, and `present` (N, n_visible) distinguishes real tokens from
    padding, None where all images show as many. All slots before `first_hidden` are visible in
    every image.
    """

    order: Tensor
    hidden: Tensor
    n_visible: int
    first_hidden: int
    present: Tensor | None

    @property
    def visible(self) -> Tensor:
        """Patch numbers read by the encoder: (N, n_visible)."""
        return self.order[:, : self.n_visible]


def arrange(masks: Tensor, n_visible: int | None = None) -> Arrangement:
    """Sort the patches of `masks` (N, P), True = hidden, visible ones first.

    n_visible: how many each image shows, where all show as many and the caller knows it. It is
    taken on trust, and no GPU has to wait until the masks have been counted.

    Raises ValueError if an image shows no patch.
    """
    order = masks.to(torch.uint8).argsort(dim=1, stable=True)
    slots = torch.arange(masks.shape[1], device=masks.device)
    if n_visible is not None:
        _check_shown(n_visible)
        hidden = (slots >= n_visible).expand(masks.shape)
        return Arrangement(order, hidden, n_visible, n_visible, None)
    counts = (~masks).sum(dim=1)
    fewest, most = torch.stack(torch.aminmax(counts)).tolist()
    _check_shown(fewest)
    hidden = slots >= counts[:, None]
    present = None if fewest == most else ~hidden[:, :most]
    return Arrangement(order, hidden, most, fewest, present)


def _check_shown(n_visible: int) -> None:
    if n_visible < 1:
        raise ValueError("a mask hides every patch of an image; show at least one")
