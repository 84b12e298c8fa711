"""The learning rate over training."""

import math


def learning_rate(step: int, steps: int, warmup_steps: float, peak: float) -> float:
    """Learning rate of optimiser step `step` (0, ..., steps - 1): linear warm-up, then cosine.

    During warm-up peak * step / warmup_steps, as He et al. 2022 train: the first step of a warm-up
    moves nothing but the optimiser's averages. Afterwards half a cosine from `peak` down to zero,
    which would be reached at `steps` (Loshchilov & Hutter 2017).
    """
    if step < warmup_steps:
        return peak * step / warmup_steps
    progress = (step - warmup_steps) / (steps - warmup_steps)
    return peak * (1 + math.cos(math.pi * progress)) / 2
