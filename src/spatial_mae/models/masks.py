"""Masks drawn by batch on any device, and the order in which the networks read them.

True = hidden, and patches are numbered row by row, as in `spatial_mae.masks.sampling`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from spatial_mae.masks.laws import LAWS
from spatial_mae.models.architecture import Architecture, check_masking
from spatial_mae.models.patchify import patchify, unpatchify


def draw_masks(
    generator: torch.Generator,
    n: int,
    architecture: Architecture,
    mask_ratio: float,
    sampling: str,
) -> Tensor:
    """Draw masks of whole mask units: bool (n, n_patches) on the generator's device.

    "exact" hides round(mask_ratio * n_units) units, each set of that size equally likely;
    "bernoulli" hides each unit with probability `mask_ratio`, and shows one unit at random where it
    would have hidden all.

    Raises ValueError for an unknown law, or a ratio that hides no unit or all.
    """
    if sampling not in LAWS:
        raise ValueError(f"sampling {sampling!r} is unknown; use one of {', '.join(LAWS)}")
    check_masking(architecture, mask_ratio)
    units = architecture.n_units
    draws = torch.rand((n, units), generator=generator, device=generator.device)
    if sampling == "exact":
        units_hidden = _lowest(draws, architecture.n_hidden(mask_ratio))
    else:
        units_hidden = draws < mask_ratio
        # The largest draw is a uniformly chosen unit, also given that all are below the ratio.
        all_hidden = units_hidden.all(dim=1, keepdim=True)
        units_hidden &= ~(all_hidden & (draws == draws.amax(dim=1, keepdim=True)))
    return expand_units(units_hidden, architecture)


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
