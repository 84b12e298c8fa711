"""What the device allows at best: its bandwidth and its matrix products, and what a step needs."""

import statistics
import time
from collections.abc import Callable

import torch

from benchmarks.gpu_check.context import Context
from spatial_mae.models.architecture import Architecture

BYTES = 2  # of a bfloat16 number
STATE_BYTES = 28  # AdamW: weight, gradient, two averages read, all but the gradient written
ROUNDS, EACH = 5, 4


def copy_bandwidth(context: Context) -> float:
    """Bytes per second, read and written ones counted, of a copy on the device."""
    source = torch.zeros(context.scale.copied, dtype=torch.uint8, device=context.device)
    target = torch.empty_like(source)
    return 2 * context.scale.copied / seconds(context, lambda: target.copy_(source))


def product_rate(context: Context) -> float:
    """Multiplications and additions per second of a bfloat16 product of random square matrices."""
    side = context.scale.side
    generator = torch.Generator(context.device).manual_seed(0)
    shape, kind = (2, side, side), torch.bfloat16
    a, b = torch.randn(shape, generator=generator, device=context.device, dtype=kind)
    return 2 * side**3 / seconds(context, lambda: a @ b)


def seconds(context: Context, work: Callable[[], object]) -> float:
    """Of one call: the median of a few turns of a few calls each, after one to warm up."""
    work()
    found = []
    for _ in range(ROUNDS):
        context.wait()
        start = time.perf_counter()
        for _ in range(EACH):
            work()
        context.wait()
        found.append((time.perf_counter() - start) / EACH)
    return statistics.median(found)


def bytes_per_image(sizes: Architecture, mask_ratio: float) -> float:
    """Bytes that a training step moves for each image; an estimate, good to about 40%.

    Each product and each attention reads its inputs and writes its outputs once, in bfloat16; an
    addition is part of the product before it, a norm and a GELU pass once over their tokens.
    Backward moves twice what forward does. Weights and what is done to pixels are left out.
    """
    backbone = sizes.backbone
    shown = (sizes.n_units - sizes.n_hidden(mask_ratio)) * sizes.unit**2
    extra = int(backbone.class_token)
    encoder = sizes.encoder_depth * (shown + extra) * backbone.width
    decoder = sizes.decoder_depth * (sizes.n_patches + extra) * backbone.decoder_width
    return 3 * BYTES * (encoder + decoder) * _numbers_of_block(backbone.mlp_ratio)


def _numbers_of_block(mlp_ratio: float) -> float:
    """Numbers read and written by a block's forward pass, for each token and channel."""
    norms = 2 * (1 + 1)
    attention = (1 + 3) + (3 + 1) + (1 + 1 + 1)  # queries, keys, values; softmax; projection
    mlp = (1 + mlp_ratio) + (mlp_ratio + mlp_ratio) + (mlp_ratio + 1 + 1)
    return norms + attention + mlp


def bytes_of_step(parameters: int) -> int:
    """Bytes that the optimiser moves in a step."""
    return STATE_BYTES * parameters
