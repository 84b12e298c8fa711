"""A whole data set as one uint8 tensor on the device, and the order in which a run sees it."""

import numpy as np
import torch
from torch import Tensor

from spatial_mae.data.store import Dataset
from spatial_mae.training.randomness import generator_for

CHUNK_IMAGES = 4096


def steps_per_epoch(n: int, batch_size: int) -> int:
    """Whole batches among `n` images, at least one.

    The n mod `batch_size` images left over wait for another epoch, whose order differs; fewer
    images than a batch are one batch of all. Raises ValueError if either number is below 1.
    """
    if n < 1 or batch_size < 1:
        raise ValueError(f"{n} images in batches of {batch_size}: both must be at least 1")
    return max(1, n // batch_size)


def permutation(n: int, seed: int, epoch: int) -> Tensor:
    """The order of `n` images in one epoch: int64 (n,) on the CPU, the same for every device."""
    return torch.randperm(n, generator=generator_for(seed, epoch, 0, "order"))


def subset(n: int, n_wanted: int | None, seed: int = 0) -> np.ndarray:
    """Which of `n` images a run uses: int64 (n_wanted,), increasing; None means all.

    The first `n_wanted` of a seeded permutation: smaller subsets lie within larger ones.
    Raises ValueError if more are wanted than there are, or none.
    """
    if n_wanted is None:
        return np.arange(n)
    if not 1 <= n_wanted <= n:
        raise ValueError(f"{n_wanted} images wanted of {n}: ask for 1 to {n}, or null for all")
    return np.sort(np.random.default_rng(seed).permutation(n)[:n_wanted])


def load_images(
    dataset: Dataset, split: str, n_wanted: int | None, device: torch.device | str = "cpu"
) -> Tensor:
    """The images of `subset`: uint8 (n, channels, height, width) on `device`.

    Copied by chunks from the memory-mapped file. Raises ValueError as `subset` does.
    """
    images = dataset.images(split)
    chosen = subset(len(images), n_wanted)
    height, width, channels = images.shape[1:]
    loaded = torch.empty((len(chosen), channels, height, width), dtype=torch.uint8, device=device)
    for start in range(0, len(chosen), CHUNK_IMAGES):
        chunk = torch.from_numpy(images[chosen[start : start + CHUNK_IMAGES]])
        loaded[start : start + len(chunk)] = chunk.permute(0, 3, 1, 2)
    return loaded


def load_labels(
    dataset: Dataset, split: str, n_wanted: int | None, device: torch.device | str = "cpu"
) -> Tensor:
    """The labels of the same subset: int64 (n,) on `device`.

    Raises FileNotFoundError if the data set has none, ValueError as `subset` does.
    """
    labels = dataset.labels(split)
    return torch.from_numpy(labels[subset(len(labels), n_wanted)]).to(device)
