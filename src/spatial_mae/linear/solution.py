"""Closed forms of the linear AE, DAE and MAE.

Row vectors: images X (n, d), encoder A (d, k), decoder B (k, d), W = A B. S is the matrix of second
moments, X^T X or its mean over images; losses have its units.
"""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import LinAlgError, cholesky, eigh, solve_triangular

from spatial_mae.linear.blocks import block_cholesky, block_coordinates
from spatial_mae.linear.decomposition import decompose
from spatial_mae.linear.hidden import solve_hidden
from spatial_mae.linear.result import Solution
from spatial_mae.linear.validation import (
    check_moment,
    check_n_latents,
    check_patch_index,
    check_ridge,
)
from spatial_mae.linear.visibility import visibility
from spatial_mae.masks.laws import LOSS_ON_HIDDEN, SAMPLINGS
from spatial_mae.study.checking import nearest

__all__ = ["Solution", "mae_losses", "solve_ae", "solve_dae", "solve_mae"]


def solve_ae(S: np.ndarray, n_latents: int) -> Solution:
    """Autoencoder: W projects on the `n_latents` leading eigenvectors of S (Baldi & Hornik 1989).

    S: second moments (d, d). Raises ValueError if S is not a finite symmetric matrix or `n_latents`
    is outside 1 to d.
    """
    S = check_moment(S)
    k = check_n_latents(n_latents, len(S))
    values, U = _descending(S)
    return Solution(U[:, :k], U[:, :k].T, float(np.trace(S) - values[:k].sum()), values)


def solve_dae(S: np.ndarray, n_latents: int, noise_variance: float, n: float) -> Solution:
    """Denoising autoencoder: min ||X - X W||^2 + n sigma^2 ||W||^2 (Bisulco et al. 2025, Eq. 7).

    S: second moments X^T X (d, d) of n images; with the mean over images, n = 1. noise_variance:
    sigma^2, in the units of S: of a squared pixel, or 1 if S is standardised.
    W = U diag(l / (l + n sigma^2)) U^T.

    Raises ValueError as `solve_ae` does, or if n sigma^2 is negative or not finite.
    """
    S = check_moment(S)
    k = check_n_latents(n_latents, len(S))
    values, U = _descending(S)
    shrinkage = dae_shrinkage(values, n * noise_variance)
    explained = shrinkage * values
    loss = float(np.trace(S) - explained[:k].sum())
    return Solution(U[:, :k] * shrinkage[:k], U[:, :k].T, loss, explained)


def dae_shrinkage(eigenvalues: np.ndarray, penalty: float) -> np.ndarray:
    """l / (l + n sigma^2), the factor by which a DAE shrinks each eigenvector of S: shape (d,).

    Raises ValueError if the penalty n sigma^2 is negative or not finite.
    """
    if not (np.isfinite(penalty) and penalty >= 0):
        raise ValueError(f"n * noise_variance = {penalty} must be a finite number, 0 or more")
    positive = eigenvalues > 0
    return np.divide(
        eigenvalues, eigenvalues + penalty, where=positive, out=np.zeros_like(eigenvalues)
    )


def solve_mae(
    S: np.ndarray,
    patch_index: np.ndarray,
    mask_ratio: float,
    n_latents: int,
    ridge: float = 0.0,
    sampling: str = "bernoulli",
) -> Solution:
    """Masked autoencoder (Bisulco et al. 2025, Theorem 1, Eqs. 3 and 4).

    S: second moments (d, d). patch_index: the patch of each coordinate, (d,). mask_ratio: share of
    patches hidden, in [0, 1). ridge: added to the diagonal of S, in its units.
    sampling: "bernoulli" hides each patch independently; "exact" hides mask_ratio * P of P patches;
    "hidden" hides independently and scores hidden patches only (see `solve_hidden`).

    With V = (1-m) S + m D, D the part of S inside patches, and U the leading eigenvectors of S V^-1
    S: A = V^-1 S U, B = U^T, and the minimum is tr S - (1-m) (sum of the k largest eigenvalues).

    Raises ValueError if S is not a finite symmetric matrix, shapes differ, the mask ratio is
    outside [0, 1), `n_latents` outside 1 to d, or D is singular.
    """
    if sampling not in SAMPLINGS:
        raise ValueError(f"unknown sampling {sampling!r}; {nearest(sampling, SAMPLINGS)}")
    S = check_ridge(check_moment(S), ridge)
    index = check_patch_index(patch_index, len(S))
    k = check_n_latents(n_latents, len(S))
    if sampling == LOSS_ON_HIDDEN:
        return solve_hidden(S, index, mask_ratio, k)
    seen = visibility(mask_ratio, len(np.unique(index)), sampling)
    if seen.effective == 0.0:
        return solve_ae(S, k)
    factor = _factor(S, index, seen.effective)
    whitened = solve_triangular(factor, S, lower=True, check_finite=False)
    values, U = _descending(whitened.T @ whitened)
    encoder = solve_triangular(factor, whitened @ U[:, :k], lower=True, trans="T")
    loss = float(np.trace(S) - seen.visible * values[:k].sum())
    return Solution(encoder, U[:, :k].T, loss, values)


def mae_losses(
    S: np.ndarray,
    patch_index: np.ndarray,
    mask_ratios: Sequence[float],
    ridge: float = 0.0,
    sampling: str = "bernoulli",
    mirror: np.ndarray | None = None,
) -> np.ndarray:
    """Minimum losses for all mask ratios and all numbers of latents, from one decomposition.

    Arguments as in `solve_mae`; `mirror` as in `decompose`, for flip-symmetric S. Returns shape
    (len(mask_ratios), d): column k - 1 is the minimum loss with k latents.
    """
    S = check_ridge(check_moment(S), ridge)
    index = check_patch_index(patch_index, len(S))
    chances = [visibility(m, len(np.unique(index)), sampling) for m in mask_ratios]
    if all(seen.effective == 0.0 for seen in chances):
        curve = np.trace(S) - np.cumsum(_descending(S)[0])
        return np.tile(curve, (len(chances), 1))
    return decompose(S, index, mirror).losses(mask_ratios, sampling)


def _factor(S: np.ndarray, index: np.ndarray, effective_ratio: float) -> np.ndarray:
    """Lower Cholesky factor of V; a singular D is found on its blocks, where it can be named."""
    block_cholesky([S[np.ix_(rows, rows)] for rows in block_coordinates(index)], index)
    inside = index[:, None] == index[None, :]
    V = np.where(inside, S, (1.0 - effective_ratio) * S)
    try:
        return cholesky(V, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        smallest = eigh(S, eigvals_only=True, subset_by_index=(0, 0))[0]
        raise ValueError(
            f"S has eigenvalue {smallest:.3g}: second moments have none below 0; "
            "compute S as X^T X, or add a ridge"
        ) from None


def _descending(S: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, descending, and eigenvectors of a symmetric matrix."""
    values, vectors = eigh(S, driver="evd", check_finite=False)
    return values[::-1], vectors[:, ::-1]
