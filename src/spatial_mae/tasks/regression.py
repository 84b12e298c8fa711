"""Affine readouts of maps with unknown pixels: least squares for each pixel over its known images.

Pixels that are known in the same images share one solve, so that a map without gaps costs one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spatial_mae.tasks.readout import fit_readout


@dataclass(frozen=True)
class Penalty:
    """Which features a readout uses, the first n_latents, and its ridge; None is least squares."""

    n_latents: int
    ridge: float | None = None


@dataclass(frozen=True)
class AffineReadout:
    """y = offset + z[:k] weights; weights (k, p), offset (p,), NaN where nothing was known."""

    weights: np.ndarray
    offset: np.ndarray

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Features of shape (..., >= k) to predictions (..., p)."""
        return features[..., : len(self.weights)] @ self.weights + self.offset


def fit_affine(
    features: np.ndarray, targets: np.ndarray, penalties: Sequence[Penalty]
) -> list[AffineReadout]:
    """For each penalty and pixel: least squares with an intercept over the images that know it.

    Features and targets are centred by their means over those images, and the intercept is free of
    penalty. A ridge is a share of the mean variance of the features used.

    Parameters: features (n, r, k), r views of each image that share its target; targets (n, p), NaN
    where unknown. Raises ValueError if the lengths differ or no target is known.
    """
    _check(features, targets)
    centre = features.mean(axis=(0, 1))
    known = _Views(features - centre)
    n_pixels = targets.shape[1]
    fits = [
        AffineReadout(np.zeros((p.n_latents, n_pixels)), np.full(n_pixels, np.nan))
        for p in penalties
    ]
    for images, pixels in validity_groups(np.isfinite(targets)):
        moments = known.moments(images, targets[:, pixels])
        feature_mean = centre + moments.feature_mean
        for penalty, fit in zip(penalties, fits, strict=True):
            weights = moments.weights(penalty)
            fit.weights[:, pixels] = weights
            fit.offset[pixels] = moments.target_mean - feature_mean[: penalty.n_latents] @ weights
    return fits


def validity_groups(valid: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Groups of pixels that are known in the same images; pixels known in none are left out.

    Parameters: valid, bool (n, p). Yields (images, bool (n,); pixels, int (q,)).
    """
    packed = np.packbits(valid, axis=0)
    _, first, group = np.unique(packed, axis=1, return_index=True, return_inverse=True)
    for number, pixel in enumerate(first):
        if valid[:, pixel].any():
            yield valid[:, pixel], np.flatnonzero(group.ravel() == number)


@dataclass(frozen=True)
class _Moments:
    """Means, and centred second moments gram (k, k) and cross (k, q), of features and targets."""

    gram: np.ndarray
    cross: np.ndarray
    feature_mean: np.ndarray
    target_mean: np.ndarray

    def weights(self, penalty: Penalty) -> np.ndarray:
        k = penalty.n_latents
        readout = "free" if penalty.ridge is None else "ridge"
        return fit_readout(self.gram[:k, :k], self.cross[:k], readout, penalty.ridge or 0.0)


class _Views:
    """Sums over all images of views' features (n, r, k), from which those over a subset follow."""

    def __init__(self, features: np.ndarray) -> None:
        self.features = features
        self.mean_view = features.mean(axis=1)
        self.total = _gram(features)

    def moments(self, images: np.ndarray, targets: np.ndarray) -> _Moments:
        """Moments over `images`, bool (n,), of features and targets (n, q)."""
        gram = self._gram(images) / (self.features.shape[1] * images.sum())
        seen, wanted = self.mean_view[images], targets[images]
        feature_mean, target_mean = seen.mean(axis=0), wanted.mean(axis=0)
        gram -= np.outer(feature_mean, feature_mean)
        cross = seen.T @ (wanted - target_mean) / len(seen)
        return _Moments(gram, cross, feature_mean, target_mean)

    def _gram(self, images: np.ndarray) -> np.ndarray:
        """Sum of z^T z over `images`, by way of the rest where the rest is less."""
        if 2 * images.sum() > len(images):
            return self.total - _gram(self.features[~images])
        return _gram(self.features[images])


def _gram(features: np.ndarray) -> np.ndarray:
    rows = features.reshape(-1, features.shape[-1])
    return rows.T @ rows


def _check(features: np.ndarray, targets: np.ndarray) -> None:
    if len(features) != len(targets):
        raise ValueError(f"{len(features)} images but {len(targets)} targets")
    if not np.isfinite(targets).any():
        raise ValueError("no valid pixel: every target is unknown (NaN); check the depth maps")
