"""Crop and resize of one axis: bilinear, antialiased, as Pillow and torchvision do it.

Each pixel of the result is a weighted sum of a few neighbours. Which and with what weights depends
on the size of the crop; its start only shifts them. So one small table serves all crops of an axis.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

AT_ONCE = 2**24  # numbers of matrices while a table is filled: 128 MiB, whatever its length


def resize_matrices(starts: Tensor, sizes: Tensor, length: int, out_length: int) -> Tensor:
    """Matrices that cut pixels start .. start + size of an axis and resize them to `out_length`.

    starts, sizes: int64 (n,). Returns float64 (n, out_length, length); rows sum to 1. Row i is the
    triangle max(0, 1 - |x - c_i| / r) over the pixel centres x inside the crop, normalised, where
    c_i = start + (i + 1/2) size / out_length and r = max(1, size / out_length) (Pillow's Resample.c
    and torchvision's RandomResizedCrop with antialias, which cut before they resize).
    """
    starts, sizes = starts[:, None, None].double(), sizes[:, None, None].double()
    out = torch.arange(out_length, device=starts.device).double()[:, None]
    place = torch.arange(length, device=starts.device).double() + 0.5
    ratio = sizes / out_length
    centre = starts + (out + 0.5) * ratio
    weights = (1 - (place - centre).abs() / ratio.clamp(min=1)).clamp(min=0)
    weights = weights * ((place > starts) & (place < starts + sizes))
    return weights / weights.sum(-1, keepdim=True)


def crop_taps(
    starts: Tensor, sizes: Tensor, mirrored: Tensor | None, length: int, out_length: int
) -> tuple[Tensor, Tensor]:
    """The same matrices without their zeros: which pixels to sum, and their weights.

    starts, sizes: int64 (n,); mirrored: bool (n,), reverses the result, or None. Returns int64 and
    float32, both (n, out_length, taps) with taps = ceil(2 max(1, length / out_length)).
    """
    pixels, weights = _table(length, out_length, starts.device)
    row = sizes - 1 if mirrored is None else sizes - 1 + length * mirrored
    return (pixels[row] + starts[:, None, None]).clamp_(max=length - 1), weights[row]


def dense(pixels: Tensor, weights: Tensor, length: int) -> Tensor:
    """Taps as matrices: float32 (n, out_length, length)."""
    matrices = weights.new_zeros(*weights.shape[:2], length)
    # A pixel named twice has weight 0 the second time: the sum does not depend on the order.
    return matrices.scatter_add_(2, pixels, weights)


@lru_cache(maxsize=16)
def _table(length: int, out_length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Taps of the crops of size 1 .. length that start at 0, then the same mirrored."""
    sizes = torch.arange(1, length + 1, device=device)
    at_once = max(1, AT_ONCE // (length * out_length))
    parts = [_taps(part, length, out_length) for part in sizes.split(at_once)]
    pixels, weights = (torch.cat(part) for part in zip(*parts, strict=True))
    return torch.cat([pixels, pixels.flip(1)]), torch.cat([weights, weights.flip(1)])


def _taps(sizes: Tensor, length: int, out_length: int) -> tuple[Tensor, Tensor]:
    """Of crops of these sizes, int64 (n,), that start at 0: pixels, int64, and weights, float32."""
    matrices = resize_matrices(torch.zeros_like(sizes), sizes, length, out_length)
    n_taps = math.ceil(2 * max(1.0, length / out_length))
    first = (matrices > 0).int().argmax(2, keepdim=True)
    pixels = first + torch.arange(n_taps, device=sizes.device)
    inside = pixels < length
    weights = matrices.gather(2, pixels.clamp(max=length - 1)) * inside
    return pixels, weights.float()
