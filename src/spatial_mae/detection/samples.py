"""Training images with their objects, mirrored and scaled at random."""

from collections.abc import Callable

import torch
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

from spatial_mae.detection.coco import CocoImages
from spatial_mae.detection.recipe import DetectionRecipe

LEAST_SIDE = 1.0  # pixels of a box that is kept


def sample(
    data: CocoImages, index: int, channels: int, recipe: DetectionRecipe, seed: int
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Image (C, H, W) in [0, 1] and what torchvision's detectors learn from: boxes, labels, masks.

    A function of its arguments alone: torch's own random numbers are left to other threads.
    """
    image = data.images[index]
    size = image["height"], image["width"]
    own = data.objects.get(image["id"], [])
    corners = torch.tensor([one["bbox"] for one in own], dtype=torch.float32).reshape(-1, 4)
    corners[:, 2:] += corners[:, :2]
    labels = [data.categories.index(one["category_id"]) + 1 for one in own]
    pixels = torch.from_numpy(data.pixels(image, channels)).permute(2, 0, 1)
    inputs = (
        tv_tensors.Image(pixels),
        {
            "boxes": tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=size),
            "labels": torch.tensor(labels, dtype=torch.int64),
            "masks": tv_tensors.Mask(torch.from_numpy(data.masks(image)).to(torch.uint8)),
        },
    )
    generator = torch.Generator().manual_seed(seed)
    found, target = _augmented(inputs, size, recipe, generator)
    plain = {name: value.as_subclass(torch.Tensor) for name, value in target.items()}
    return found.as_subclass(torch.Tensor).float().div(255), plain


def _augmented(
    inputs: tuple, size: tuple[int, int], recipe: DetectionRecipe, generator: torch.Generator
) -> tuple:
    """Scaled on a canvas of the image's own size (Ghiasi et al. 2021), then mirrored.

    With torchvision's draws, of a crop and of a mirror image, by a generator that is named.
    """
    if tuple(recipe.scale_jitter) != (1, 1):
        low, high = recipe.scale_jitter
        factor = low + (high - low) * float(torch.rand((), generator=generator))
        scaled = tuple(max(1, round(factor * side)) for side in size)
        inputs = v2.Resize(scaled, antialias=True)(*inputs)
        inputs = _on_canvas(inputs, scaled, size, generator)
    if recipe.flip and float(torch.rand(1, generator=generator)) < 0.5:
        inputs = _each(functional.horizontal_flip, inputs)
    steps = [v2.ClampBoundingBoxes(), v2.SanitizeBoundingBoxes(min_size=LEAST_SIDE)]
    return v2.Compose(steps)(*inputs)


def _on_canvas(
    inputs: tuple, scaled: tuple[int, int], size: tuple[int, int], generator: torch.Generator
) -> tuple:
    """Cut `size` (height, width) out of what is larger, at random; pad with black what is not.

    torchvision's RandomCrop: it pads on both sides by the missing part.
    """
    missing = [max(0, side - have) for side, have in zip(size, scaled, strict=True)]
    room = [have + 2 * pad - side for have, pad, side in zip(scaled, missing, size, strict=True)]
    top, left = (
        int(torch.randint(0, spare + 1, (), generator=generator)) if spare else 0 for spare in room
    )
    if any(missing):
        inputs = _each(functional.pad, inputs, [missing[1], missing[0]])
    return _each(functional.crop, inputs, top, left, *size) if any(room) else inputs


def _each(function: Callable, inputs: tuple, *arguments: object) -> tuple:
    """function(part, *arguments) of the image and of the boxes and masks of its target."""
    image, target = inputs
    moved = {name: function(target[name], *arguments) for name in ("boxes", "masks")}
    return function(image, *arguments), target | moved
