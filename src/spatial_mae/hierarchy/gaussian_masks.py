"""What the best predictor for each single mask knows of the latents of a Gaussian tree.

A linear MAE has one map for all masks. A network can see which units are hidden; on Gaussian images
the best it can do is E[hidden | visible], linear for each mask. R^2 of the latents from this
prediction is the information that the hidden and the visible part share, as variance.
"""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from spatial_mae.hierarchy.gaussian_tree import GaussianTree

RANK = 1e-10
"""Directions of a prediction whose variance is below this share of the largest are rounding."""


def conditional_r_squared(tree: GaussianTree, hidden: np.ndarray) -> np.ndarray:
    """R^2 of the latents of each level from E[hidden pixels | visible pixels]: (H + 1,).

    The mean over all latents of a level; NaN where a level has none. hidden: bool (N,), pixels in
    the order of the tree's leaves. Raises ValueError for another shape, a mask that hides all or
    nothing, or visible pixels of singular moments.
    """
    _check(tree, hidden)
    sums, counts = np.zeros(tree.depth + 1), np.zeros(tree.depth + 1)
    for channel in tree.variances:
        one = GaussianTree(tree.arity, (channel,))
        found = _of_channel(one, hidden)
        known = ~np.isnan(found)
        sums[known] += found[known]
        counts += known
    return np.divide(sums, counts, where=counts > 0, out=np.full(len(sums), np.nan))


def _check(tree: GaussianTree, hidden: np.ndarray) -> None:
    if hidden.shape != (tree.n_pixels,) or hidden.dtype != bool:
        raise ValueError(
            f"mask of shape {hidden.shape} and type {hidden.dtype}: expected ({tree.n_pixels},) "
            "of bool"
        )
    if not 0 < hidden.sum() < len(hidden):
        raise ValueError(
            f"the mask hides {hidden.sum()} of {len(hidden)} pixels; it must hide at least one and "
            "leave one visible"
        )


def _of_channel(tree: GaussianTree, hidden: np.ndarray) -> np.ndarray:
    """Cov(z, x_hidden-hat) and its variance come from one factorisation of the visible moments."""
    S = tree.moment()
    visible = ~hidden
    try:
        factor = cho_factor(S[np.ix_(visible, visible)], lower=True)
    except np.linalg.LinAlgError:
        raise ValueError(
            "the moments of the visible pixels are singular: give the pixels a variance of their "
            "own (level 0)"
        ) from None
    solved = cho_solve(factor, S[np.ix_(visible, hidden)])
    variance = S[np.ix_(hidden, visible)] @ solved
    values, basis = np.linalg.eigh((variance + variance.T) / 2)
    kept = values > RANK * values[-1]
    directions = basis[:, kept] / np.sqrt(values[kept])
    whitened = solved @ directions  # of the visible pixels: uncorrelated, of variance 1
    return np.array([_of_level(tree, level, whitened, visible) for level in range(tree.depth + 1)])


def _of_level(tree: GaussianTree, level: int, whitened: np.ndarray, visible: np.ndarray) -> float:
    """Mean over the level's latents of their squared correlations with uncorrelated features."""
    variance = tree.variances[0][level]
    if variance == 0:
        return np.nan
    block = np.flatnonzero(visible) // tree.below[level]
    sums = np.zeros((tree.n_pixels // tree.below[level], whitened.shape[1]))
    np.add.at(sums, block, whitened)
    return float(variance * (sums**2).sum() / len(sums))
