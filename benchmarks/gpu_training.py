"""Pretraining at the paper's sizes on one GPU: images a second, and hours of its 2000 epochs.

Everything a step of the training loop does: crops and flips, masks, forward, backward, AdamW; the
images lie on the device. Needs a GPU; `--quick` runs a miniature anywhere, to see that it works.
"""

import statistics
import time
from collections.abc import Callable

import torch

from benchmarks.hardware import rate
from benchmarks.training_step import BACKBONE, MASK_RATIO, SIDE
from spatial_mae.models import precision
from spatial_mae.models.architecture import Architecture, flops_per_image
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.augmentation import random_resized_crop_flip
from spatial_mae.training.optimiser import AdamW, parameter_groups

IMAGES, EPOCHS = 50_000, 2000  # the paper's
CROP_SCALE = (0.2, 1.0)


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    gpu = torch.cuda.is_available()
    if not gpu and not quick:
        return [("no GPU on this machine", [{"measured": "nothing"}])]
    device = torch.device("cuda" if gpu else "cpu")
    depths, batch, rounds = ((1, 1), 8, 2) if quick else ((12, 4), 4096, 20)
    where = torch.cuda.get_device_name() if gpu else "a CPU"
    layers = f"{depths[0]} + {depths[1]} layers of width 192"
    title = f"{layers}, mask ratio {MASK_RATIO}, {batch} images a step, {where}"
    compiles = [False, True] if gpu and not quick else [False]
    rows = [
        _row(patch, depths, batch, rounds, device, compiled)
        for patch in (8, 4, 2)
        for compiled in compiles
    ]
    return [(title, rows)]


def _row(
    patch: int,
    depths: tuple[int, int],
    batch: int,
    rounds: int,
    device: torch.device,
    compiled: bool,
) -> dict:
    sizes = Architecture(SIDE, SIDE, 3, patch, 1, *depths, BACKBONE)
    step = _step(sizes, batch, device, compiled)
    for _ in range(3):
        step()
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    speed = batch / statistics.median(_seconds(step, device) for _ in range(rounds))
    floor = flops_per_image(sizes, MASK_RATIO) / 1e9 / _product_rate(device)
    images = IMAGES * EPOCHS
    row = {
        "patch size": patch,
        "compiled": "yes" if compiled else "no",
        "images/s": speed,
        "hours of 2000 epochs": images / speed / 3600,
        "hours, products alone": images * floor / 3600,
    }
    if device.type == "cuda":
        row["peak memory, GB"] = torch.cuda.max_memory_allocated() / 1e9
    return row


def _step(
    sizes: Architecture, batch: int, device: torch.device, compiled: bool
) -> Callable[[], None]:
    model = MaskedAutoencoder(sizes).to(device)
    precision.use(model, "bfloat16")
    optimiser = AdamW(parameter_groups(model, 0.05), (0.9, 0.95))
    generator = torch.Generator(device).manual_seed(0)
    images = torch.randint(0, 256, (batch, 3, SIDE, SIDE), dtype=torch.uint8, device=device)
    loss = torch.compile(model.loss) if compiled else model.loss

    def step() -> None:
        views = random_resized_crop_flip(images, generator, CROP_SCALE, flip=True)
        masks = draw_masks(generator, batch, sizes, MASK_RATIO, "exact")
        loss(views, masks).backward()
        optimiser.step(1e-4)
        optimiser.zero_grad()

    return step


def _seconds(step: Callable[[], None], device: torch.device) -> float:
    _wait(device)
    start = time.perf_counter()
    step()
    _wait(device)
    return time.perf_counter() - start


def _product_rate(device: torch.device) -> float:
    """10^9 multiplications and additions a second of the bfloat16 matrix product."""
    scale = 4 if device.type == "cuda" else 1

    def prepare(size: int) -> Callable[[], None]:
        a, b = torch.ones((2, scale * size, scale * size), dtype=torch.bfloat16, device=device)

        def product() -> None:
            a @ b
            _wait(device)

        return product

    return rate(prepare) * scale**3


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
