"""Features of a frozen encoder in float32, by the products PyTorch takes and by the chosen ones.

Whole images of 32 x 32, one thread, processor time: what probes are fitted to. The chosen products
are those that the machine multiplies faster with (docs/training.md).
"""

import time
from dataclasses import replace

import torch

from benchmarks.synthetic import random_images
from benchmarks.timing import median, race, ratio
from benchmarks.training_step import BACKBONE, SIDE
from spatial_mae.evaluation.features import features, freeze
from spatial_mae.models import precision
from spatial_mae.models.architecture import Architecture
from spatial_mae.models.products import product_ways
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.training.execution import fastest_products


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    rounds = 1 if quick else 7
    sizes = [(64, 4, 4, 8)] if quick else [(64, 4, 4, 1024), (128, 4, 4, 1024), (192, 12, 2, 64)]
    torch.set_num_threads(1)
    return [(f"median of {rounds} rounds", [_row(*size, rounds) for size in sizes])]


def _row(width: int, blocks: int, patch: int, n: int, rounds: int) -> dict:
    images = torch.from_numpy(random_images(n, SIDE, 3)).permute(0, 3, 1, 2).contiguous()
    net = replace(BACKBONE, width=width, encoder_heads=width // 16)
    encoder = VisionTransformer(Architecture(SIDE, SIDE, 3, patch, 1, blocks, 1, net))
    freeze(encoder)
    found = {}

    def run(way: str) -> None:
        precision.use(encoder, "float32", products=way)
        found[way] = features(encoder, images, ("mean",))["mean", None]

    ways = product_ways(torch.float32)
    seconds = race({way: lambda way=way: run(way) for way in ways}, rounds, time.process_time)
    return {
        "width": width,
        "blocks": blocks,
        "patch size": patch,
        "images": n,
        "usual, ms an image": 1e3 * median(seconds["usual"]) / n,
        "oneDNN, times as fast": ratio(seconds, "usual", "onednn"),
        "chosen here": fastest_products(torch.device("cpu")),
        "largest difference": float((found["usual"] - found["onednn"]).abs().max()),
    }
