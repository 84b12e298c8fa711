"""Linear readouts from encoder features, in closed form from second moments.

Features are rows z = x A, or z = (R * x) A where R hides patches by a Bernoulli(m) law. A target
that is linear in the image, y = x G, then needs no pass over the images: the second moment S of
the pixels gives E[z^T z] and E[z^T y]. There is no intercept, neither here nor in the encoder:
with raw moments the error is 1 - R^2 about zero; with centred moments, where test moments are
taken about the training mean, it is 1 - R^2 about the training mean.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from spatial_mae.masks.laws import check_mask_ratio
from spatial_mae.masks.patches import same_patch

Readout = Literal["free", "ridge"]
Input = Literal["whole", "masked"]

CUTOFF = 1e-12
"""Eigenvalues of a unit-diagonal Gram matrix below CUTOFF times the largest count as zero."""

LEAST_DEVIATION = 1e-12
"""Share of the largest deviation of a feature that rounding leaves to one that does not vary."""

WELL_CONDITIONED = 1e-6
"""Smallest Cholesky pivot of a unit-diagonal Gram matrix that needs no look at its eigenvalues."""


@dataclass(frozen=True)
class FeatureMoments:
    """Second moments of the features z of an encoder.

    gram (k, k) = E[z^T z];  pixels (k, d) = E[z^T x], so that E[z^T x G] = pixels @ G.
    """

    gram: np.ndarray
    pixels: np.ndarray


def feature_moments(
    encoder: np.ndarray,
    moment: np.ndarray,
    patch_index: np.ndarray | None = None,
    mask_ratio: float = 0.0,
) -> FeatureMoments:
    """Moments of z = x A, or of z = (R * x) A where each patch is hidden with probability m.

    E[z^T z] = (1-m) A^T V A with V = (1-m) S + m D, E[z^T x] = (1-m) A^T S, D = blockdiag(S); m =
    0 is the whole image (Bisulco et al. 2025, Lemma 1).

    Parameters: encoder A (d, k); moment S (d, d); patch_index (d,) of ints, needed when
    mask_ratio > 0. Raises ValueError on shapes that do not fit and mask ratios outside [0, 1).
    """
    _check_moments(encoder, moment, patch_index, mask_ratio)
    pixels = encoder.T @ moment
    gram = pixels @ encoder
    if mask_ratio > 0:
        blocks = encoder.T @ np.where(same_patch(patch_index), moment, 0.0) @ encoder
        gram = (1 - mask_ratio) * ((1 - mask_ratio) * gram + mask_ratio * blocks)
        pixels = (1 - mask_ratio) * pixels
    return FeatureMoments((gram + gram.T) / 2, pixels)


def readout_operator(gram: np.ndarray, readout: Readout, ridge: float = 0.0) -> np.ndarray:
    """The symmetric (k, k) matrix R that turns a cross moment into weights, M = R E[z^T y].

    `free`: least squares without penalty, R = pinv(K), so that M predicts the same for A and for
    A C with any invertible C. K is first scaled to unit diagonal; features that deviate by
    LEAST_DEVIATION of the largest or less, and then directions with less than CUTOFF of the largest
    eigenvalue, are dropped. `ridge`: R = (K + ridge * mean(diag K) I)^-1, a penalty in units of the
    mean feature variance, which does depend on C: encoders here follow C = I.

    Parameters: gram K (k, k). Raises ValueError unless ridge > 0 where `ridge` is asked for.
    """
    return fit_readout(gram, np.eye(len(gram)), readout, ridge)


def _penalised(gram: np.ndarray, ridge: float) -> np.ndarray:
    return gram + ridge * np.trace(gram) / len(gram) * np.eye(len(gram))


def fit_readout(
    gram: np.ndarray, cross: np.ndarray, readout: Readout = "free", ridge: float = 0.0
) -> np.ndarray:
    """Weights M (k, q) that minimise E||z M - y||^2 (+ penalty), from training moments alone.

    Parameters: gram (k, k) = E[z^T z]; cross (k, q) = E[z^T y]; see `readout_operator` for the
    rest.
    """
    check_readout(readout, ridge)
    if readout == "ridge":
        if not np.trace(gram) > 0:  # features that never vary predict nothing, as with `free`
            return np.zeros_like(cross)
        return np.linalg.solve(_penalised(gram, ridge), cross)
    deviation = np.sqrt(np.maximum(np.diag(gram), 0.0))
    varies = deviation > LEAST_DEVIATION * deviation.max()
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=varies)
    return scale[:, None] * _least_squares(scale[:, None] * gram * scale, scale[:, None] * cross)


def _least_squares(gram: np.ndarray, cross: np.ndarray) -> np.ndarray:
    """pinv(gram) @ cross for a unit-diagonal gram; by elimination where it is well conditioned."""
    try:
        pivots = np.diag(np.linalg.cholesky(gram)) ** 2
    except np.linalg.LinAlgError:
        pivots = np.zeros(1)
    if pivots.min() > WELL_CONDITIONED:
        return np.linalg.solve(gram, cross)
    values, vectors = np.linalg.eigh(gram)
    kept = values > CUTOFF * values[-1]
    return vectors[:, kept] @ (vectors[:, kept].T @ cross / values[kept, None])


def check_readout(readout: str, ridge: float) -> None:
    """Raise ValueError unless `readout` is known and `ridge` suits it."""
    if readout not in get_args(Readout):
        raise ValueError(f"readout {readout!r}: expected one of {', '.join(get_args(Readout))}")
    if readout == "ridge" and not (np.isfinite(ridge) and ridge > 0):
        raise ValueError(f"ridge {ridge}: readout 'ridge' needs a positive share; 0 is 'free'")


def _check_moments(
    encoder: np.ndarray, moment: np.ndarray, patch_index: np.ndarray | None, mask_ratio: float
) -> None:
    d = len(encoder)
    if moment.shape != (d, d):
        raise ValueError(
            f"encoder of shape {encoder.shape} needs a ({d}, {d}) moment, got {moment.shape}"
        )
    check_mask_ratio(mask_ratio)
    if mask_ratio > 0 and (patch_index is None or len(patch_index) != d):
        raise ValueError(f"masked features need a patch_index of {d} entries, got {patch_index}")
