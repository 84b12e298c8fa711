"""RandAugment by batch (Cubuk et al. 2020), with torchvision's operations and magnitudes.

Each image draws its own operations; images that drew the same one are changed together. The pixels
are those of torchvision's RandAugment on uint8 tensors: nearest neighbours, black outside.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torchvision.transforms.v2 import functional

from spatial_mae.training.transfer import send

MOVES = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")
BLENDS = ("Brightness", "Color", "Contrast", "Sharpness")
SIGNED = MOVES + BLENDS  # those with a direction: left or right, more or less
OPERATIONS = (*SIGNED, "Identity", "Posterize", "Solarize", "AutoContrast", "Equalize")
FIRST_RECOLOURING = 2 * len(MOVES)  # in the list of operations and directions
BINS = 31  # magnitudes 0..30
GREATEST_SHEAR = 0.3  # tangent of the angle
GREATEST_SHIFT = 150.0 / 331.0  # of a side
GREATEST_ANGLE = 30.0  # degrees
GREATEST_BLEND = 0.9  # factors 0.1 to 1.9


def rand_augment(
    images: Tensor,
    generator: torch.Generator,
    n: int,
    magnitude: int,
    part: tuple[slice, int] | None = None,
) -> Tensor:
    """Apply `n` random operations of strength `magnitude`, in 0..30, to each image.

    images: uint8 (batch, 1 or 3 channels, height, width); the result is alike. Each operation is
    one of `OPERATIONS`, equally likely, and those with a direction take either with equal chance.
    part: which of how many images these are, if they are not all: the draws are for all. They
    happen on the generator's device; on the CPU no GPU has to wait for them. Raises ValueError for
    what is out of range.
    """
    _check(images, n, magnitude)
    which, n_images = part or (slice(None), len(images))
    for _ in range(n):
        shape, device = (n_images,), generator.device
        choices = torch.randint(len(OPERATIONS), shape, generator=generator, device=device)
        negative = torch.rand(shape, generator=generator, device=device) < 0.5
        images = apply_operations(images, choices[which], negative[which], magnitude)
    return images


def apply_operations(images: Tensor, choices: Tensor, negative: Tensor, magnitude: int) -> Tensor:
    """One operation an image: `choices`, int64 (batch,), are positions in `OPERATIONS`.

    negative: bool (batch,), the other direction of an operation that has two.
    """
    choices, negative = choices.cpu(), negative.cpu()
    rows = 2 * choices + (negative & (choices < len(SIGNED)))
    groups = rows.clamp(min=FIRST_RECOLOURING - 1)  # the moves are one group
    order = groups.argsort(stable=True)
    names, counts = groups[order].unique_consecutive(return_counts=True)
    ordered = images.index_select(0, send(order, images.device)).split(counts.tolist())
    parts = [
        _recolour(part, OPERATIONS[group // 2], 1 - 2 * (group % 2), magnitude)
        if group >= FIRST_RECOLOURING
        else _move(part, send(rows[groups == group], images.device), magnitude)
        for group, part in zip(names.tolist(), ordered, strict=True)
    ]
    return torch.cat(parts).index_select(0, send(order.argsort(), images.device))


def _recolour(images: Tensor, name: str, sign: int, magnitude: int) -> Tensor:
    factor = 1.0 + sign * _strength(GREATEST_BLEND, magnitude)
    match name:
        case "Brightness":
            return functional.adjust_brightness(images, factor)
        case "Color":
            return functional.adjust_saturation(images, factor)
        case "Contrast":
            return functional.adjust_contrast(images, factor)
        case "Sharpness":
            return _sharpen(images, factor)
        case "Posterize":
            return functional.posterize(images, 8 - round(4 * magnitude / (BINS - 1)))
        case "Solarize":
            threshold = math.ceil(255 * _between(1.0, 0.0, magnitude))
            return images ^ (images >= threshold).byte().neg()  # -1 is 255: inverts
        case "AutoContrast":
            return functional.autocontrast(images)
        case "Equalize":
            return functional.equalize(images)
    return images


def _sharpen(images: Tensor, factor: float) -> Tensor:
    """Away from, or towards, the mean of 3 x 3 pixels, the middle one 5 times: not at the border.

    Pillow's and torchvision's sharpness. The sums are whole numbers, so bytes need no convolution.
    """
    if min(images.shape[-2:]) <= 2:
        return images
    pixels = images.short()
    lines = pixels[..., :-2, :] + pixels[..., 1:-1, :] + pixels[..., 2:, :]
    sums = lines[..., :-2] + lines[..., 1:-1] + lines[..., 2:] + 4 * pixels[..., 1:-1, 1:-1]
    middle = images[..., 1:-1, 1:-1].float()
    smooth = (sums / 13).round_()
    result = images.clone()
    result[..., 1:-1, 1:-1] = middle.add_(smooth.sub_(middle), alpha=1.0 - factor).clamp_(0, 255)
    return result


def _move(images: Tensor, rows: Tensor, magnitude: int) -> Tensor:
    """Shear, shift or rotate each image, as `_sources` lists it in that row."""
    n, channels, height, width = images.shape
    sources = _sources(height, width, magnitude, images.device).index_select(0, rows)
    pixels = torch.nn.functional.pad(images.flatten(2), (0, 1))
    index = sources[:, None].expand(n, channels, height * width)
    return pixels.gather(2, index).view_as(images)


@lru_cache(maxsize=16)
def _sources(height: int, width: int, magnitude: int, device: torch.device) -> Tensor:
    """Where each pixel comes from, for each move and direction: int64 (10, height * width).

    Read from what torchvision's own moves make of the pixels' numbers; the number past the last
    is black.
    """
    numbers = torch.arange(1.0, height * width + 1).view(1, height, width)
    moved = [_moved(numbers, name, sign, magnitude) for name in MOVES for sign in (1, -1)]
    sources = torch.stack(moved).flatten(1).long() - 1
    return torch.where(sources < 0, height * width, sources).to(device)


def _moved(image: Tensor, name: str, sign: int, magnitude: int) -> Tensor:
    height, width = image.shape[-2:]
    shear, shift, corner = [0.0, 0.0], [0, 0], None
    axis = 0 if name.endswith("X") else 1
    if name == "Rotate":
        return functional.rotate(image, sign * _strength(GREATEST_ANGLE, magnitude))
    if name.startswith("Shear"):
        tangent = sign * _strength(GREATEST_SHEAR, magnitude)
        shear[axis], corner = math.degrees(math.atan(tangent)), [0, 0]
    else:
        greatest = GREATEST_SHIFT * (width, height)[axis]
        shift[axis] = int(sign * _strength(greatest, magnitude))
    return functional.affine(
        image, angle=0.0, translate=shift, scale=1.0, shear=shear, center=corner
    )


def _strength(greatest: float, magnitude: int) -> float:
    return _between(0.0, greatest, magnitude)


@lru_cache(maxsize=64)
def _between(start: float, end: float, magnitude: int) -> float:
    """torchvision's, in float32: a last digit decides where a grey level is cut off."""
    return float(torch.linspace(start, end, BINS)[magnitude])


def _check(images: Tensor, n: int, magnitude: int) -> None:
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(
            f"images of type {images.dtype} and shape {tuple(images.shape)}: RandAugment takes "
            "uint8 (batch, 1 or 3 channels, height, width)"
        )
    if n < 0 or not 0 <= magnitude < BINS:
        raise ValueError(
            f"randaugment ({n}, {magnitude}): give a number of operations >= 0 and a magnitude "
            f"in 0..{BINS - 1}"
        )
