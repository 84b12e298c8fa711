"""Power spectra of masked images, measured and closed form (Bisulco et al. 2025, Fig. 22)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from spatial_mae.files import Row
from spatial_mae.linear.colour import pixel_rows
from spatial_mae.linear.spectrum import (
    expand_masks,
    frequency_rows,
    power,
    visibility_moments,
)
from spatial_mae.masks.laws import Law
from spatial_mae.masks.sampling import sample_masks
from spatial_mae.study.keys import Count, Share
from spatial_mae.study.recipes import Checked

BATCH = 256


@dataclass(frozen=True, kw_only=True)
class PsdRecipe(Checked):
    """Power of image, mask and masked image, averaged over images and masks."""

    colour: Literal["luma", "gray", "rgb"] = "luma"
    """luma (BT.601), gray (mean of the channels) or rgb."""
    patches: tuple[Count, ...]
    """Patch sizes of the masks. [not stated]"""
    mask_ratio: Share
    """Probability that a patch is hidden. [Bisulco 0.2, Fig. 22]"""
    sampling: Law = "bernoulli"
    """Law of the masks."""
    n_images: Count = 1000
    """Images drawn without replacement, all if there are fewer."""
    n_masks: Count = 500
    """Masks averaged for each patch size."""


def draw_images(images: np.ndarray, recipe: PsdRecipe, rng: np.random.Generator) -> np.ndarray:
    """`n_images` of uint8 images (n, height, width, channels), float64 in [0, 1] in the colour."""
    n, height, width, _ = images.shape
    chosen = np.sort(rng.permutation(n)[: recipe.n_images])
    rows = pixel_rows(np.asarray(images[chosen]), recipe.colour)
    return rows.reshape(len(chosen), height, width, -1)


def mean_power(images: ArrayLike, masks: np.ndarray | None = None) -> np.ndarray:
    """Mean power of images, each multiplied by one mask; the channels' powers are averaged.

    Parameters: images (n, N, N, channels); masks, visible pixels (n_masks, N, N): image i meets
    mask i modulo n_masks. Returns an ndarray of shape (N, N).
    """
    images = np.moveaxis(np.asarray(images, dtype=float), 3, 1)
    total = np.zeros(images.shape[2:])
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        if masks is not None:
            batch = batch * masks[np.arange(start, start + len(batch)) % len(masks), None]
        total += power(batch, 2).mean(axis=1).sum(axis=0)
    return total / len(images)


def expected_masked_power(
    autocovariance: ArrayLike, patch_size: int, mask_ratio: float, sampling: str = "bernoulli"
) -> np.ndarray:
    """E over images and masks of the masked image's power, for a stationary periodic ensemble.

    Masking multiplies the autocovariance c at displacement D by E r(n) r(n + D), which in frequency
    is a convolution of the two power spectra: the share mean^2 + covariance of the image's own
    power remains at each frequency, and the rest is spread by the Dirichlet kernel.

    Parameters: autocovariance of shape (N, N), about zero, at displacements modulo N.
    Returns an ndarray of shape (N, N), normalised as `spectrum.power`.
    """
    autocovariance = np.asarray(autocovariance, dtype=float)
    size = len(autocovariance)
    shift = np.arange(size)
    overlap = np.clip(patch_size - shift, 0, None) + np.clip(patch_size - (size - shift), 0, None)
    same = overlap / patch_size
    mean, variance, covariance = visibility_moments((size // patch_size) ** 2, mask_ratio, sampling)
    agreement = mean**2 + covariance + (variance - covariance) * np.outer(same, same)
    return np.fft.fft2(autocovariance * agreement).real


def psd_rows(images: ArrayLike, recipe: PsdRecipe, rng: np.random.Generator) -> list[Row]:
    """Power of the images, and per patch size of the masks and of the masked images.

    Parameters: images (n, N, N, channels), in [0, 1]. The part `image` leaves the cells of the
    mask empty. Raises ValueError if an image is not square or a patch size does not divide it.
    """
    images = np.asarray(images)
    size = images.shape[1]
    if images.ndim != 4 or images.shape[2] != size:
        raise ValueError(f"images of shape {images.shape}: expected (n, N, N, channels), square")
    if bad := [patch for patch in recipe.patches if patch < 1 or size % patch]:
        raise ValueError(f"patch sizes {bad} do not divide {size}; choose divisors")
    rows = _part_rows(None, recipe, "image", mean_power(images))
    for patch in recipe.patches:
        hidden = sample_masks(
            rng, recipe.n_masks, (size // patch) ** 2, recipe.mask_ratio, recipe.sampling
        )
        masks = expand_masks(hidden, patch, 2)
        rows += _part_rows(patch, recipe, "mask", power(masks, 2).mean(axis=0))
        rows += _part_rows(patch, recipe, "masked", mean_power(images, masks))
    return rows


def _part_rows(patch: int | None, recipe: PsdRecipe, part: str, values: np.ndarray) -> list[Row]:
    masked = patch is not None
    start = {
        "patch": patch,
        "sampling": recipe.sampling if masked else None,
        "mask_ratio": recipe.mask_ratio if masked else None,
        "part": part,
    }
    return [start | row for row in frequency_rows({"power": values})]
