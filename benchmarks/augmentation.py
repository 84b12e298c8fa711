"""Crop, flip and RandAugment by batch, against torchvision's on Pillow images, one by one."""

import numpy as np
import torch
from torchvision import transforms
from torchvision.transforms.v2 import functional

from benchmarks.hardware import gemm_rate
from benchmarks.synthetic import SIDE, random_images
from benchmarks.timing import median, race, ratio
from spatial_mae.training.augmentation import crop_flip, draw_crops, random_resized_crop_flip
from spatial_mae.training.rand_augment import rand_augment

SCALE = (0.2, 1.0)
RANDAUGMENT = (2, 9)
CHANNELS = 3


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    n, rounds = (256, 3) if quick else (1024, 11)
    images = torch.from_numpy(random_images(n, SIDE, CHANNELS)).permute(0, 3, 1, 2).contiguous()
    where = f"{n} RGB images of {SIDE} x {SIDE}, median of {rounds} rounds"
    return [
        (f"random resized crop and flip: {where}", _crops(images, rounds)),
        (f"the same and RandAugment{RANDAUGMENT}: {where}", _rand_augment(images, rounds)),
        ("pixels for the same crops", [_agreement(images)]),
    ]


def _crops(images: torch.Tensor, rounds: int) -> list[dict]:
    """The floor: the time of the two products a crop is, were both dense, at the full rate."""
    products = 2 * 2 * CHANNELS * SIDE**3
    rows = _rows(images, rounds, ())
    floor = products / gemm_rate(np.float32) / 1e3
    return [*rows, {"contender": "floor: dense float32 products alone", "us an image": floor}]


def _rand_augment(images: torch.Tensor, rounds: int) -> list[dict]:
    return _rows(images, rounds, RANDAUGMENT)


def _rows(images: torch.Tensor, rounds: int, randaugment: tuple[int, ...]) -> list[dict]:
    """A contender starts from what its loader would hold and ends with one float32 tensor."""
    pillow = [functional.to_pil_image(image) for image in images]
    one_by_one = transforms.Compose(
        [
            transforms.RandomResizedCrop(SIDE, SCALE),
            transforms.RandomHorizontalFlip(),
            *([transforms.RandAugment(*randaugment)] if randaugment else []),
            transforms.ToTensor(),
        ]
    )
    generator = torch.Generator().manual_seed(0)
    contenders = {
        "torchvision, an image at a time": lambda: torch.stack([one_by_one(i) for i in pillow]),
        "by batch": lambda: _by_batch(images, generator, randaugment),
    }
    contenders["by batch"]()  # its tables are made once
    seconds = race(contenders, rounds)
    slow = next(iter(contenders))
    return [
        {
            "contender": name,
            "us an image": 1e6 * median(seconds[name]) / len(images),
            "ratio": ratio(seconds, slow, name),
        }
        for name in contenders
    ]


def _by_batch(images: torch.Tensor, generator: torch.Generator, randaugment: tuple[int, ...]):
    crops = random_resized_crop_flip(images, generator, SCALE)
    if not randaugment:
        return crops
    return rand_augment(crops.mul_(255).round_().byte(), generator, *randaugment).float().div_(255)


def _agreement(images: torch.Tensor) -> dict:
    """Differences in grey levels of 255 from torchvision's crop of the Pillow image."""
    crops = draw_crops(torch.Generator().manual_seed(0), len(images), (SIDE, SIDE), SCALE)
    theirs = torch.stack([_torchvision(image, crops, k) for k, image in enumerate(images)])
    difference = (crop_flip(images, crops) * 255 - theirs).abs()
    return {
        "largest difference, grey levels": float(difference.max()),
        "mean difference": float(difference.mean()),
        "share of pixels more than 1 level off": float((difference > 1).float().mean()),
    }


def _torchvision(image: torch.Tensor, crops, k: int) -> torch.Tensor:
    box = [int(side[k]) for side in (crops.top, crops.left, crops.height, crops.width)]
    cut = functional.resized_crop(functional.to_pil_image(image), *box, [SIDE, SIDE])
    cut = functional.horizontal_flip(cut) if crops.flipped[k] else cut
    return functional.pil_to_tensor(cut).float()
