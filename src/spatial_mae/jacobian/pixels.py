"""Pixels of an image by (row, column), and which of them a mask of patches hides."""

import torch
from torch import Tensor

from spatial_mae.models.architecture import Architecture


def pixel_mask(architecture: Architecture, mask: Tensor) -> Tensor:
    """A mask of patches (P,), True = hidden, as a mask of pixels: bool (H, W).

    Raises ValueError if the mask has another number of patches, or hides all of them.
    """
    if mask.dtype != torch.bool or tuple(mask.shape) != (architecture.n_patches,):
        raise ValueError(
            f"mask of shape {tuple(mask.shape)} and type {mask.dtype}; expected bool "
            f"({architecture.n_patches},), one value per patch, True = hidden"
        )
    if mask.all():
        raise ValueError("the mask hides every patch: there is no input; show at least one")
    side = architecture.patch_size
    grid = mask.reshape(architecture.grid)
    return grid.repeat_interleave(side, dim=0).repeat_interleave(side, dim=1)


def all_pixels(architecture: Architecture) -> Tensor:
    """(row, column) of every pixel, row-major: int64 (H * W, 2)."""
    return torch.ones(architecture.height, architecture.width_pixels).nonzero()


def hidden_pixels(architecture: Architecture, mask: Tensor) -> Tensor:
    """(row, column) of the pixels that `mask` (P,) hides, row-major: int64 (n, 2)."""
    return pixel_mask(architecture, mask).nonzero()


def visible_pixels(architecture: Architecture, mask: Tensor) -> Tensor:
    """(row, column) of the pixels that `mask` (P,) shows, row-major: int64 (n, 2)."""
    return (~pixel_mask(architecture, mask)).nonzero()


def locate(architecture: Architecture, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Patch number (n,), and place of channel 0 in the patch's values (n,), of pixels (n, 2)."""
    side, channels = architecture.patch_size, architecture.channels
    row, column = pixels.T
    patch = (row // side) * architecture.grid[1] + column // side
    return patch, ((row % side) * side + column % side) * channels


def check_outputs(outputs: Tensor, hidden: Tensor, hidden_only: bool = False) -> Tensor:
    """`outputs` as int64 (n, 2) on the device of `hidden`, the mask of pixels (H, W).

    Raises ValueError for no pixel, one outside the image, or, with `hidden_only`, a visible one.
    """
    outputs = torch.as_tensor(outputs, device=hidden.device)
    whole = not outputs.is_floating_point() and outputs.dtype != torch.bool
    if not whole or outputs.ndim != 2 or outputs.shape[1] != 2 or not len(outputs):
        raise ValueError(
            f"output pixels of shape {tuple(outputs.shape)} and type {outputs.dtype}; expected "
            "whole numbers (n, 2): a row and a column each, at least one pixel"
        )
    outputs = outputs.long()
    height, width = hidden.shape
    inside = (outputs >= 0).all(dim=1) & (outputs < outputs.new_tensor([height, width])).all(dim=1)
    if not inside.all():
        raise ValueError(
            f"output pixel {_first(outputs, ~inside)} is outside the image; "
            f"rows go from 0 to {height - 1}, columns from 0 to {width - 1}"
        )
    visible = ~hidden[outputs[:, 0], outputs[:, 1]]
    if hidden_only and visible.any():
        raise ValueError(
            f"output pixel {_first(outputs, visible)} is not hidden under the mask; choose among "
            "`hidden_pixels`, another mask, or allow visible ones with hidden_only=False"
        )
    return outputs


def _first(pixels: Tensor, chosen: Tensor) -> tuple[int, ...]:
    return tuple(pixels[chosen][0].tolist())
