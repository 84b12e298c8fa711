"""A training step of a classifier, of all its blocks or of the last, with and without RandAugment.

Forward, backward and AdamW, images of 32 x 32, patch size 4, one thread. Frozen blocks are passed
forward alone, and keep nothing for a backward pass. Contenders take turns in one process.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch.nn.functional import cross_entropy

from benchmarks.synthetic import random_images
from benchmarks.timing import median, race, ratio
from benchmarks.training_step import BACKBONE as PAPER
from spatial_mae.models import precision
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.heads import Classifier
from spatial_mae.models.precision import PRECISIONS
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.training.augmentation import random_resized_crop_flip
from spatial_mae.training.execution import fastest_products
from spatial_mae.training.rand_augment import rand_augment

SIDE, PATCH, CLASSES = 32, 4, 10
RAND_AUGMENT = (2, 9)
SMALL = replace(PAPER, width=96, encoder_heads=6, decoder_width=48, decoder_heads=3)
WHOLE = "all blocks"


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    """Rows: how many times faster than training all blocks, and the share of augmentation."""
    sizes = [(SMALL, 1, 4)] if quick else [(SMALL, 4, 64), (PAPER, 12, 32)]
    return [
        (
            f"width {net.width}, {depth} blocks, {batch} images per step, {kind}",
            _steps(net, depth, batch, kind, rounds=1 if quick else 5),
        )
        for net, depth, batch in sizes
        for kind in (["float32"] if quick else PRECISIONS)
    ]


def _steps(net: Backbone, depth: int, batch: int, kind: str, rounds: int) -> list[dict]:
    torch.set_num_threads(1)
    images = torch.from_numpy(random_images(batch, SIDE, 3)).permute(0, 3, 1, 2).contiguous()
    draw = _augmentation(images)
    numbers = sorted({0, 1, depth // 2, depth - 1})
    contenders = {"RandAugment alone": draw}
    contenders |= {f"last {j} blocks": _step(net, depth, j, kind, draw) for j in numbers}
    contenders[WHOLE] = _step(net, depth, "all", kind, draw)
    contenders |= {
        f"{name}, no RandAugment": _step(net, depth, j, kind, lambda: images.float().div_(255))
        for name, j in ((f"last {numbers[1]} blocks", numbers[1]), (WHOLE, "all"))
    }
    for contender in contenders.values():
        contender()
    seconds = race(contenders, rounds)
    augmenting = median(seconds.pop("RandAugment alone"))
    return [
        {
            "trained": name,
            "images/s": batch / median(times),
            "ratio": ratio(seconds, WHOLE, name),
            "share of RandAugment": 0.0 if "no Rand" in name else augmenting / median(times),
        }
        for name, times in seconds.items()
    ]


def _augmentation(images: torch.Tensor) -> Callable[[], torch.Tensor]:
    generator = torch.Generator().manual_seed(0)

    def draw() -> torch.Tensor:
        flipped = random_resized_crop_flip(images, generator, (1.0, 1.0))
        levels = flipped.mul(255).round_().to(torch.uint8)
        return rand_augment(levels, generator, *RAND_AUGMENT).float().div_(255)

    return draw


def _step(
    net: Backbone, depth: int, blocks: int | str, kind: str, draw: Callable[[], torch.Tensor]
) -> Callable[[], object]:
    encoder = VisionTransformer(Architecture(SIDE, SIDE, 3, PATCH, 1, depth, 1, net))
    model = Classifier(encoder, CLASSES, "mean")
    model.blocks_to_train(blocks)
    products = fastest_products(torch.device("cpu"), precision.PRECISIONS[kind])
    precision.use(model, kind, products=products)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=1e-4, fused=True)

    def step() -> None:
        images = draw()
        labels = torch.zeros(len(images), dtype=torch.int64)
        cross_entropy(model(images), labels).backward()
        optimiser.step()
        optimiser.zero_grad()

    return step
