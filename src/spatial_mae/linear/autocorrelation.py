"""Spatial autocorrelation of images (Bisulco et al. 2025, Eq. 5), exact, from second moments."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from spatial_mae.files import Row
from spatial_mae.linear.matrix_free.operators import sample_moment
from spatial_mae.linear.matrix_free.samples import PixelSamples
from spatial_mae.linear.matrix_free.stationary import autocovariance_sums
from spatial_mae.linear.moments import PixelMoments
from spatial_mae.study.checking import nearest
from spatial_mae.study.keys import Count

Moments = PixelMoments | PixelSamples
BORDERS = ("valid", "zero")
MEAN_REMOVALS = ("none", "dataset", "image")


@dataclass(frozen=True)
class AutocorrelationRecipe:
    """Choices that Eq. 5 leaves open; displacements run up to +-max_displacement."""

    borders: tuple[Literal["valid", "zero"], ...] = ("valid", "zero")
    """Border rules: valid (divide by the pairs that exist) or zero (divide by N^2). [not stated]"""
    mean_removals: tuple[Literal["none", "dataset", "image"], ...] = ("none", "dataset", "image")
    """Mean removed before correlating: none, dataset (each pixel's) or image (each image's).
    [not stated]"""
    max_displacement: Count = 16
    """Largest displacement along an axis in pixels."""


def autocovariance(moments: Moments, border: str, mean_removal: str) -> np.ndarray:
    """R(dy, dx) = mean of f(x, y) f(x + dx, y + dy) over images, positions and channels.

    border: "valid" averages over the pairs of pixels inside the image; "zero" takes the outside for
    0 and divides by the number of pixels. mean_removal: "none"; "dataset" subtracts the mean image;
    "image" subtracts from each image its own mean, channel by channel.

    Returns shape (2 height - 1, 2 width - 1), zero displacement at the centre; pixels in [0, 1].
    Raises ValueError for an unknown border or mean removal.
    """
    if border not in BORDERS:
        raise ValueError(f"unknown border {border!r}; {nearest(border, BORDERS)}")
    if mean_removal not in MEAN_REMOVALS:
        hint = nearest(mean_removal, MEAN_REMOVALS)
        raise ValueError(f"unknown mean removal {mean_removal!r}; {hint}")
    centring = "centred" if mean_removal == "dataset" else "raw"
    if isinstance(moments, PixelSamples):
        return _by_transform(moments, border, centring, mean_removal == "image")
    S = _channel_mean(moments, centring)
    if mean_removal == "image":
        S = S - S.mean(axis=0) - S.mean(axis=1)[:, None] + S.mean()
    shape, bins = _displacements(moments.height, moments.width)
    sums = np.bincount(bins, weights=S.ravel(), minlength=shape[0] * shape[1])
    pairs = np.bincount(bins, minlength=shape[0] * shape[1])
    return (sums / (pairs if border == "valid" else len(S))).reshape(shape)


def autocorrelation_rows(moments: Moments, recipe: AutocorrelationRecipe) -> list[Row]:
    """The autocorrelation at each displacement, for each border rule and mean removal.

    Raises ValueError if the largest displacement does not fit into the images.
    """
    reach = recipe.max_displacement
    if not 1 <= reach < min(moments.height, moments.width):
        raise ValueError(
            f"max_displacement = {reach} does not fit into images of {moments.height} x "
            f"{moments.width}; use 1 to {min(moments.height, moments.width) - 1}"
        )
    return [
        row
        for border in recipe.borders
        for mean_removal in recipe.mean_removals
        for row in _rows(moments, border, mean_removal, reach)
    ]


def _rows(moments: Moments, border: str, mean_removal: str, reach: int) -> list[Row]:
    covariance = autocovariance(moments, border, mean_removal)
    y, x = moments.height - 1, moments.width - 1
    variance = covariance[y, x]
    return [
        {
            "border": border,
            "mean_removal": mean_removal,
            "dx": dx,
            "dy": dy,
            "distance": float(np.hypot(dx, dy)),
            "correlation": covariance[y + dy, x + dx] / variance,
            "covariance": covariance[y + dy, x + dx],
        }
        for dy in range(-reach, reach + 1)
        for dx in range(-reach, reach + 1)
    ]


def _channel_mean(moments: PixelMoments, centring: str) -> np.ndarray:
    """Second moments within channels, averaged over channels: (pixels, pixels)."""
    S, c = moments.matrix(centring), moments.channels
    return sum(S[i::c, i::c] for i in range(c)) / c


def _by_transform(samples: PixelSamples, border: str, centring: str, of_image: bool) -> np.ndarray:
    """The same by FFT of kept images. of_image: each image's own mean, by channel, is removed."""
    height, width, channels = samples.shape

    def images() -> Iterator[np.ndarray]:
        for chunk in sample_moment(samples, centring, flip=False).images():
            x = chunk.reshape(-1, height * width, channels)
            yield x - x.mean(axis=1, keepdims=True) if of_image else x

    sums, n = autocovariance_sums(images(), samples.shape)
    mean = np.trace(sums, axis1=2, axis2=3) / (channels * n)
    y, x = np.arange(1 - height, height), np.arange(1 - width, width)
    pairs = np.multiply.outer(height - np.abs(y), width - np.abs(x))
    return mean[np.ix_(y, x)] / (pairs if border == "valid" else height * width)


def _displacements(height: int, width: int) -> tuple[tuple[int, int], np.ndarray]:
    """Shape of the table of displacements, and the cell of each pair of pixels."""
    y, x = np.indices((height, width)).reshape(2, -1)
    shape = (2 * height - 1, 2 * width - 1)
    dy = y[None, :] - y[:, None] + height - 1
    dx = x[None, :] - x[:, None] + width - 1
    return shape, (dy * shape[1] + dx).ravel()
