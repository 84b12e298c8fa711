"""First-order predictions of a non-linear autoencoder's masked loss (Bisulco et al. 2025, App. B).

Lemma 4 expands h at the mean masked input (1 - m) x, Lemma 5 at the whole input x. Both predict
E_R ||x - h(R * x)||^2 as a squared bias plus the variance m (1 - m) tr[J^T blockdiag(x x^T) J].
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spatial_mae.files import Row
from spatial_mae.linear.ising import ising_chain_moment
from spatial_mae.linear.network import Network, fit_autoencoder
from spatial_mae.masks.laws import check_mask_ratio
from spatial_mae.masks.patches import patch_index
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities, sample_masks
from spatial_mae.study.keys import Count, Positive, Shares, Two
from spatial_mae.study.recipes import Checked

# Up to this many patches all masks are listed; beyond, masks are sampled.
MAX_ENUMERATED = 12
# Correlation of neighbours in the Gaussian signal: that of an Ising chain at coupling 1.
COUPLING = 1.0


@dataclass(frozen=True, kw_only=True)
class TaylorRecipe(Checked):
    """The masked loss of a small network on a 1-D signal, predicted and measured."""

    n_pixels: Two = 16
    """Coordinates of the signal."""
    patch_size: Count = 2
    """Coordinates of a patch."""
    n_hidden_units: Count = 32
    """Hidden units of the small non-linear autoencoder."""
    mask_ratios: Shares
    """Probabilities that a patch is hidden; 0 is the plain autoencoder."""
    input_scales: tuple[Positive, ...] = (0.1, 1.0, 3.0, 10.0)
    """Factors of the unit-variance input: from nearly linear to saturated."""
    n_samples: Two = 200
    """Signals the network is fitted to, and as many others on which losses are measured."""
    n_masks: Two = 1000
    """Masks of each signal if there are too many to enumerate."""


def predicted_at_mean(
    network: Network, X: ArrayLike, index: ArrayLike, mask_ratio: float
) -> np.ndarray:
    """Lemma 4: ||x - h((1-m) x)||^2 + m (1-m) tr[J^T blockdiag(x x^T) J], J at (1-m) x.

    Parameters: X (n, d); index (d,), the patch of each coordinate. Returns shape (n,).
    """
    X = np.asarray(X, dtype=float)
    centre = (1 - check_mask_ratio(mask_ratio)) * X
    bias = np.sum((X - network(centre)) ** 2, axis=1)
    return bias + _variance(network.jacobian(centre), X, index, mask_ratio)


def predicted_at_input(
    network: Network, X: ArrayLike, index: ArrayLike, mask_ratio: float
) -> np.ndarray:
    """Lemma 5: ||x - h(x) + m x J||^2 + m (1-m) tr[J^T blockdiag(x x^T) J], J at x. Shape (n,)."""
    X = np.asarray(X, dtype=float)
    check_mask_ratio(mask_ratio)
    jacobian = network.jacobian(X)
    change = np.einsum("ni,nij->nj", X, jacobian)
    bias = np.sum((X - network(X) + mask_ratio * change) ** 2, axis=1)
    return bias + _variance(jacobian, X, index, mask_ratio)


LEMMAS: dict[int, Callable[[Network, ArrayLike, ArrayLike, float], np.ndarray]] = {
    4: predicted_at_mean,
    5: predicted_at_input,
}


def enumerated_losses(
    network: Network, X: ArrayLike, index: ArrayLike, mask_ratios: Sequence[float]
) -> np.ndarray:
    """E_R ||x - h(R * x)||^2 of each row of X (n, d), by all masks: shape (len(mask_ratios), n)."""
    masks = enumerate_masks(int(np.max(index)) + 1)
    losses = np.array([_masked_loss(network, X, ~hidden[index]) for hidden in masks])
    return np.array([mask_probabilities(masks, m) @ losses for m in mask_ratios])


def sampled_losses(
    network: Network,
    X: ArrayLike,
    index: ArrayLike,
    mask_ratio: float,
    n_masks: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Losses of each row of X (n, d) under its own random masks, shape (n_masks, n)."""
    n_patches = int(np.max(index)) + 1
    draws = (sample_masks(rng, len(X), n_patches, mask_ratio) for _ in range(n_masks))
    return np.array([_masked_loss(network, X, ~hidden[:, index]) for hidden in draws])


def taylor_rows(recipe: TaylorRecipe, rng: np.random.Generator) -> list[Row]:
    """Both lemmas' predictions and the masked loss, for each mask ratio and input scale.

    Losses are divided by the mean of ||x||^2, so that 1 is the loss of the output 0. The network is
    fitted at scale 1; at small scales it is nearly linear.
    """
    index = patch_index(1, recipe.n_pixels, recipe.patch_size)
    root = np.linalg.cholesky(ising_chain_moment(recipe.n_pixels, COUPLING))
    X = rng.standard_normal((2 * recipe.n_samples, recipe.n_pixels)) @ root.T
    network = fit_autoencoder(X[: recipe.n_samples], recipe.n_hidden_units, rng)
    rows = []
    for scale in recipe.input_scales:
        signals = scale * X[recipe.n_samples :]
        measured = _measure(recipe, network, signals, index, rng)
        for mask_ratio, known in zip(recipe.mask_ratios, measured, strict=True):
            start = {"mask_ratio": mask_ratio, "input_scale": scale}
            for lemma, predict in LEMMAS.items():
                predicted = predict(network, signals, index, mask_ratio).mean()
                share = float(predicted / _size(signals))
                rows.append({"lemma": lemma} | start | {"predicted": share} | known)
    return rows


def _measure(
    recipe: TaylorRecipe,
    network: Network,
    X: np.ndarray,
    index: np.ndarray,
    rng: np.random.Generator,
) -> list[Row]:
    """The masked loss at each mask ratio: exact where all masks can be listed, else sampled."""
    n_patches = int(index.max()) + 1
    if n_patches <= MAX_ENUMERATED:
        losses = enumerated_losses(network, X, index, recipe.mask_ratios).mean(axis=1)
        errors, n_masks = np.zeros(len(losses)), 2**n_patches
    else:
        n_masks = recipe.n_masks
        draws = [sampled_losses(network, X, index, m, n_masks, rng) for m in recipe.mask_ratios]
        means = np.mean(draws, axis=2)
        losses, errors = means.mean(axis=1), means.std(axis=1, ddof=1) / np.sqrt(n_masks)
    size = _size(X)
    return [
        {"measured": loss / size, "standard_error": error / size, "n_masks": n_masks}
        for loss, error in zip(losses, errors, strict=True)
    ]


def _size(X: np.ndarray) -> float:
    """Mean of ||x||^2 over the rows."""
    return float(np.mean(np.sum(X**2, axis=1)))


def _variance(
    jacobian: np.ndarray, X: np.ndarray, index: ArrayLike, mask_ratio: float
) -> np.ndarray:
    """m (1-m) tr[J^T blockdiag(x x^T) J] = m (1-m) sum_q ||x_q J_q||^2 over patches, (n,)."""
    index = np.asarray(index)
    through = X[:, :, None] * jacobian
    patches = [through[:, index == patch].sum(axis=1) for patch in range(index.max() + 1)]
    return mask_ratio * (1 - mask_ratio) * np.sum(np.square(patches), axis=(0, 2))


def _masked_loss(network: Network, X: ArrayLike, visible: np.ndarray) -> np.ndarray:
    return np.sum((X - network(X * visible)) ** 2, axis=1)
