"""Training images with their objects, mirrored and scaled at random."""

import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from spatial_mae.detection.coco import CocoImages
from spatial_mae.detection.recipe import DetectionRecipe

LEAST_SIDE = 1.0  # pixels of a box that is kept


def sample(
    data: CocoImages, index: int, channels: int, recipe: DetectionRecipe, seed: int
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Image (C, H, W) in [0, 1] and what torchvision's detectors learn from: boxes, labels, masks.

    A function of its arguments alone; the random numbers of torch are as before afterwards.
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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found, target = _augmented(inputs, size, recipe)
    plain = {name: value.as_subclass(torch.Tensor) for name, value in target.items()}
    return found.as_subclass(torch.Tensor).float().div(255), plain


def _augmented(inputs: tuple, size: tuple[int, int], recipe: DetectionRecipe) -> tuple:
    """Scaled on a canvas of the image's own size (Ghiasi et al. 2021), then mirrored."""
    steps: list[torch.nn.Module] = []
    if tuple(recipe.scale_jitter) != (1, 1):
        low, high = recipe.scale_jitter
        factor = low + (high - low) * float(torch.rand(()))
        scaled = [max(1, round(factor * side)) for side in size]
        steps += [v2.Resize(scaled, antialias=True), v2.RandomCrop(size, pad_if_needed=True)]
    if recipe.flip:
        steps.append(v2.RandomHorizontalFlip(0.5))
    steps += [v2.ClampBoundingBoxes(), v2.SanitizeBoundingBoxes(min_size=LEAST_SIDE)]
    return v2.Compose(steps)(*inputs)
