"""Random resized crop and horizontal flip of a whole batch, parameters drawn per image.

The law is that of torchvision's RandomResizedCrop and RandomHorizontalFlip (p = 1/2); the pixels
are theirs for the same parameters, except for their rounding to whole grey levels.
"""

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from spatial_mae.training.resizing import crop_taps, dense

TRIES = 10  # torchvision's: draws before a crop that fits is given up for the central one
RATIO = (3 / 4, 4 / 3)
CACHE_FLOATS = 2**18  # pixels handled at once on a CPU: about a megabyte stays in its cache


@dataclass(frozen=True)
class Crops:
    """The crop of each image: first row and column, height and width in pixels, flipped or not.

    All of shape (n,) on one device, int64 except for `flipped`, bool.
    """

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor
    flipped: Tensor

    def __getitem__(self, part: slice) -> "Crops":
        return Crops(*(getattr(self, field.name)[part] for field in fields(self)))

    def to(self, device: torch.device) -> "Crops":
        return Crops(*(getattr(self, field.name).to(device) for field in fields(self)))


def random_resized_crop_flip(
    images: Tensor,
    generator: torch.Generator,
    scale: tuple[float, float],
    ratio: tuple[float, float] = RATIO,
    flip: bool = True,
    size: tuple[int, int] | None = None,
    part: tuple[slice, int] | None = None,
) -> Tensor:
    """Crop each image at random, resize it (bilinear, antialiased), flip half of them.

    images: uint8 (n, channels, height, width). scale: least and largest share of the image's area,
    in (0, 1]; (1, 1) takes the whole image. ratio: least and largest width over height of a crop.
    size: (height, width) of the result, the images' by default. part: which of how many images
    these are, if they are not all: the draws are for all. They happen on the generator's device.
    Returns float32 (n, channels, *size) in [0, 1]. Raises ValueError for a
    scale or ratio out of range.
    """
    shape = images.shape[-2:]
    whole = tuple(scale) == (1.0, 1.0)
    if whole and not flip and size in (None, tuple(shape)):
        return images.float().div_(255)
    which, n = part or (slice(None), len(images))
    crops = draw_crops(generator, n, tuple(shape), scale, ratio, flip)
    return crop_flip(images, crops[which], size)


def draw_crops(
    generator: torch.Generator,
    n: int,
    shape: tuple[int, int],
    scale: tuple[float, float],
    ratio: tuple[float, float] = RATIO,
    flip: bool = True,
) -> Crops:
    """Crops of `n` images of `shape` (height, width), by torchvision's law.

    Area uniform in `scale`, width over height log-uniform in `ratio`, sides rounded; the first of
    10 draws that fits, else the largest central crop within `ratio`; each place equally likely.
    """
    _check_range("scale", scale, 1.0)
    _check_range("ratio", ratio, math.inf)
    sides, fits = _draw_sides(generator, n, shape, scale, ratio)
    first = fits.int().argmax(1, keepdim=True)
    drawn = sides.gather(2, first.expand(2, n, 1)).squeeze(2)
    whole = tuple(scale) == (1.0, 1.0)
    missed = ~(fits.any(1) & (not whole))
    fallback = shape if whole else _central(shape, ratio)
    # Plain numbers: a GPU would wait for a tensor made of them.
    heights, widths = (drawn[i].masked_fill(missed, fallback[i]) for i in (0, 1))
    places = _uniform(generator, (2, n))
    top, left = (
        (places[i] * (shape[i] - sizes + 1)).long().masked_fill(missed, (shape[i] - central) // 2)
        for i, (sizes, central) in enumerate(zip((heights, widths), fallback, strict=True))
    )
    flipped = _uniform(generator, (n,)) < (0.5 if flip else 0.0)
    return Crops(top, left, heights, widths, flipped)


def crop_flip(images: Tensor, crops: Crops, size: tuple[int, int] | None = None) -> Tensor:
    """Cut, resize and flip each image, first its columns of pixels, then its rows.

    images: uint8 (n, channels, height, width). Returns float32 (n, channels, *size) in [0, 1].
    """
    n, channels, height, width = images.shape
    out_height, out_width = size or (height, width)
    crops = crops.to(images.device)
    result = torch.empty((n, channels, out_height, out_width), device=images.device)
    chunk = n if images.is_cuda else max(1, CACHE_FLOATS // images[0].numel())
    for start in range(0, n, chunk):
        part = slice(start, start + chunk)
        _crop_flip(images[part], crops[part], result[part])
    return result


def _crop_flip(images: Tensor, crops: Crops, result: Tensor) -> None:
    """`crop_flip` of a few images into `result`, as sparse sums of rows and one dense product."""
    n, channels, height, width = images.shape
    out_height, out_width = result.shape[2:]
    pixels, weights = crop_taps(crops.left, crops.width, crops.flipped, width, out_width)
    across = dense(pixels, weights, width).transpose(1, 2)
    rows, weights = crop_taps(crops.top, crops.height, None, height, out_height)
    first = torch.arange(0, n * channels * height, height, device=images.device)
    rows = rows[:, None] + first.view(n, channels, 1, 1)
    weights = (weights / 255)[:, None].expand(rows.shape)
    lines, bags = images.float().reshape(-1, width), (-1, rows.shape[-1])
    down = embedding_bag(
        rows.view(bags), lines, per_sample_weights=weights.reshape(bags), mode="sum"
    )
    torch.bmm(down.view(n, -1, width), across, out=result.view(n, -1, out_width))


def _draw_sides(generator, n, shape, scale, ratio) -> tuple[Tensor, Tensor]:
    """(height, width) of 10 candidates an image: int64 (2, n, 10), and which fit: bool (n, 10)."""
    low, high = math.log(ratio[0]), math.log(ratio[1])
    area = (
        shape[0] * shape[1] * (scale[0] + (scale[1] - scale[0]) * _uniform(generator, (n, TRIES)))
    )
    aspect = torch.exp(low + (high - low) * _uniform(generator, (n, TRIES)))
    sides = torch.stack([torch.sqrt(area / aspect), torch.sqrt(area * aspect)]).round().long()
    inside = (sides[0] <= shape[0]) & (sides[1] <= shape[1])
    return sides, (sides > 0).all(0) & inside


def _central(shape: tuple[int, int], ratio: tuple[float, float]) -> tuple[int, int]:
    """(height, width) of the largest crop within `ratio`, as torchvision falls back to it."""
    height, width = shape
    if width / height < min(ratio):
        return round(width / min(ratio)), width
    if width / height > max(ratio):
        return height, round(height * max(ratio))
    return height, width


def _uniform(generator: torch.Generator, shape: tuple[int, ...]) -> Tensor:
    return torch.rand(shape, generator=generator, device=generator.device, dtype=torch.float64)


def _check_range(name: str, bounds: tuple[float, float], most: float) -> None:
    low, high = bounds
    if not 0 < low <= high <= most:
        raise ValueError(
            f"{name} {tuple(bounds)} must be two numbers with 0 < least <= largest"
            + (f" <= {most:g}" if most < math.inf else "")
        )
