"""The images of a data set, on the device or left in their file, and the order of an epoch."""

import sys

import numpy as np
import torch
from torch import Tensor

from spatial_mae.data.labels import CLASS
from spatial_mae.data.store import Dataset
from spatial_mae.training.free_memory import free_memory
from spatial_mae.training.mapped_images import Images, MappedImages, slices
from spatial_mae.training.randomness import generator_for

# Of the free memory, what a split's images may take: the network, its gradients and activations
# need most of it, and other splits, or other runs on the same machine, want their part.
SHARE_OF_MEMORY = 0.25
CHUNK_BYTES = 2**26


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

    The first `n_wanted` of a seeded permutation: smaller subsets are within larger ones.
    Raises ValueError if more are wanted than there are, or none.
    """
    if n_wanted is None:
        return np.arange(n)
    if not 1 <= n_wanted <= n:
        raise ValueError(f"{n_wanted} images wanted of {n}: ask for 1 to {n}")
    return np.sort(np.random.default_rng(seed).permutation(n)[:n_wanted])


def load_images(
    dataset: Dataset, split: str, n_wanted: int | None, device: torch.device | str = "cpu"
) -> Images:
    """The images of `subset`: uint8 (n, channels, height, width) on `device`.

    A tensor where they take at most a quarter of the memory that is free there, else
    `MappedImages`, which are read batch by batch: the pixels, and so all results, are the same. A
    line says which. Raises ValueError as `subset` does.
    """
    file, rows = dataset.rows(split)
    array = dataset.images(file)
    images = MappedImages(array, rows[subset(len(rows), n_wanted)], device)
    free = free_memory(device)
    fits = free is None or images.nbytes <= SHARE_OF_MEMORY * free
    what = f"{len(images)} {split} images, {images.nbytes / 1e9:.3g} GB"
    if fits:
        _say(f"{what}: in memory ({images.device.type})")
        return _in_memory(images)
    _say(
        f"{what}: more than {SHARE_OF_MEMORY:.0%} of the {free / 1e9:.3g} GB free "
        f"({images.device.type}), read by batches from {array.filename}"
    )
    return images


def _in_memory(images: MappedImages) -> Tensor:
    loaded = torch.empty(images.shape, dtype=images.dtype, device=images.device)
    parts = slices(len(images), max(1, CHUNK_BYTES * len(images) // images.nbytes))
    images.will_read(parts)
    for part in parts:
        loaded[part] = images[part]
    return loaded


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def load_labels(
    dataset: Dataset,
    split: str,
    n_wanted: int | None,
    device: torch.device | str = "cpu",
    label: str = CLASS,
) -> Tensor:
    """The labels of the same subset: int64 (n,) on `device`; `label` as in `Dataset.labels`.

    Raises FileNotFoundError if the data set has none, ValueError as `subset` does.
    """
    file, rows = dataset.rows(split)
    labels = dataset.labels(file, label)[rows]
    return torch.from_numpy(labels[subset(len(labels), n_wanted)]).to(device)
