"""Whether bfloat16 trains as well as float32: final losses of the same runs in both.

A seed fixes the start, the batches and the masks; the two arithmetics differ in nothing else. The
held-out loss is computed in float32 with the same masks for all.
"""

import numpy as np
import torch

from benchmarks.timing import median
from benchmarks.training_step import BACKBONE as PAPER
from spatial_mae.data.dead_leaves import DeadLeaves, prepare
from spatial_mae.models import precision
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.execution import fastest_products
from spatial_mae.training.optimiser import AdamW, parameter_groups
from spatial_mae.training.schedule import learning_rate

BATCH = 64
MASK_RATIO = 0.75
PEAK_RATE = 1e-3
LEAVES = {
    "size": (32, 32),
    "radius_min": 2.0,
    "radius_max": 32.0,
    "radius_exponent": 3.0,
    "coverage": 4.0,
    "supersampling": 1,
    "stripe_period": 0.5,
    "chroma": 0.2,
    "illumination": 0.22,
    "haze": 0.2,
    "depth_range": (1.0, 10.0),
}
BACKBONE = Backbone(
    width=48,
    encoder_heads=3,
    decoder_width=48,
    decoder_heads=4,
    mlp_ratio=4.0,
    class_token=True,
)
SMALL = Architecture(32, 32, 3, 4, 1, 4, 2, BACKBONE)
DEEP = Architecture(32, 32, 3, 8, 1, 12, 4, PAPER)  # the paper's width and depths


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    n, seeds = (128, 2) if quick else (2048, 3)
    train, held_out = _images(n)
    runs = {SMALL: 1} if quick else {SMALL: 20, DEEP: 10}
    return [_table(train, held_out, sizes, epochs, seeds) for sizes, epochs in runs.items()]


def _table(
    train: torch.Tensor, held_out: torch.Tensor, sizes: Architecture, epochs: int, seeds: int
) -> tuple[str, list[dict]]:
    results = {
        name: [_train(train, held_out, sizes, epochs, seed, name) for seed in range(seeds)]
        for name in precision.PRECISIONS
    }
    layers = f"{sizes.encoder_depth} + {sizes.decoder_depth} layers of width {sizes.backbone.width}"
    images = f"{len(train)} dead leaves of 32 x 32"
    title = f"{images}, patch size {sizes.patch_size}, {layers}, {epochs} epochs"
    return f"{title}: held-out loss", _rows(results)


def _rows(results: dict[str, list[float]]) -> list[dict]:
    """One row an arithmetic, then the differences within seeds."""
    gaps = np.subtract(results["bfloat16"], results["float32"])
    rows = {**results, "bfloat16 - float32, same seed": gaps}
    return [
        {
            "arithmetic": name,
            "mean": float(np.mean(losses)),
            "deviation between seeds": float(np.std(losses, ddof=1)),
            "median": median(list(losses)),
            "seeds": len(losses),
        }
        for name, losses in rows.items()
    ]


def _images(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Training and held-out images, uint8 (n, 3, 32, 32)."""
    splits = prepare(
        DeadLeaves(n_train=n, n_test=n, **LEAVES), None, None, np.random.default_rng(0)
    ).splits
    return tuple(
        torch.from_numpy(np.concatenate([batch.images for batch in splits[name]]))
        .permute(0, 3, 1, 2)
        .contiguous()
        for name in ("train", "test")
    )


def _train(
    train: torch.Tensor,
    held_out: torch.Tensor,
    sizes: Architecture,
    epochs: int,
    seed: int,
    name: str,
) -> float:
    """The held-out loss after training: mean squared error, 1 = predicting each channel's mean."""
    generator = torch.Generator().manual_seed(seed)
    pixels = train.double().div(255).transpose(0, 1).flatten(1)
    model = MaskedAutoencoder(sizes, pixels.mean(dim=1), pixels.std(dim=1), generator)
    products = fastest_products(torch.device("cpu"), precision.PRECISIONS[name])
    precision.use(model, name, products=products)
    optimiser = AdamW(parameter_groups(model, weight_decay=0.05), (0.9, 0.95))
    steps = epochs * (len(train) // BATCH)
    for step in range(steps):
        images = train[torch.randint(len(train), (BATCH,), generator=generator)].float() / 255
        masks = draw_masks(generator, BATCH, sizes, MASK_RATIO, "exact")
        model.loss(images, masks).backward()
        optimiser.step(learning_rate(step, steps, steps / 10, PEAK_RATE))
        optimiser.zero_grad()
    return _loss(model, held_out)


@torch.inference_mode()
def _loss(model: MaskedAutoencoder, images: torch.Tensor) -> float:
    precision.use(model, "float32")
    generator = torch.Generator().manual_seed(0)
    masks = draw_masks(generator, len(images), model.architecture, MASK_RATIO, "exact")
    parts = zip(images.split(BATCH), masks.split(BATCH), strict=True)
    return float(np.mean([model.loss(part.float() / 255, mask).item() for part, mask in parts]))
