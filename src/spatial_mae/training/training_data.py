"""What a network takes from the data it learns from: sizes, statistics, identity."""

import torch
from torch import Tensor

from spatial_mae.data.store import Dataset
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.training.mapped_images import Images

COUNTED_PIXELS = 2**25
"""Values counted at once."""


def architecture_for(
    dataset: Dataset,
    backbone: Backbone,
    patch_size: int,
    unit: int,
    encoder_depth: int,
    decoder_depth: int,
) -> Architecture:
    """The network for the images of `dataset`. Raises ValueError if the sizes do not fit."""
    manifest = dataset.manifest
    return Architecture(
        manifest["height"],
        manifest["width"],
        manifest["channels"],
        patch_size,
        unit,
        encoder_depth,
        decoder_depth,
        backbone,
    )


def pixel_statistics(images: Images) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each channel, in [0, 1] units, over all pixels: float32 (C,) each.

    images: uint8 (n, C, H, W). Exact sums, from counts of the 256 levels in one pass. A channel
    that is constant gets the deviation of one level, so that dividing by it is harmless.
    """
    levels = torch.arange(256, dtype=torch.float64) / 255
    at_once = max(1, COUNTED_PIXELS // images.shape[1:].numel())
    counts = sum(_level_counts(part) for part in images.split(at_once)).cpu().double()
    share = counts / counts.sum(1, keepdim=True)
    mean = share @ levels
    variance = (share * (levels - mean[:, None]) ** 2).sum(1)
    return mean.float(), variance.sqrt().clamp(min=1 / 255).float()


def _level_counts(images: Tensor) -> Tensor:
    """How often each channel has each level: int64 (C, 256)."""
    channels = images.unbind(1)
    return torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in channels])


def image_hashes(dataset: Dataset) -> dict[str, str]:
    """SHA-256 of the training and test images, from the manifest."""
    return _hashes(dataset, "train.npy", "test.npy")


def label_hashes(dataset: Dataset) -> dict[str, str]:
    """SHA-256 of the training and test labels, of a data set that has them."""
    return _hashes(dataset, "train_labels.npy", "test_labels.npy")


def _hashes(dataset: Dataset, *names: str) -> dict[str, str]:
    return {name: dataset.manifest["files"][name]["sha256"] for name in names}
