"""The linear MAE's objective as a function of encoder and decoder: value, gradient, Hessian.

Slow and plain compared with the closed forms, which these functions check. S is the second moment
X^T X (any scaling), D its part within patches, V = (1 - m) S + m D; then (Bisulco et al. 2025,
Lemma 1)

    L(A, B) = tr S - 2 (1 - m) tr(S A B) + (1 - m) tr(B^T A^T V A B).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import OptimizeResult, minimize

from spatial_mae.masks.laws import check_mask_ratio
from spatial_mae.masks.patches import same_patch
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities


@dataclass(frozen=True)
class Objective:
    """S and V of shape (d, d), mask ratio m, k latents. Parameters are A and B, flattened."""

    S: np.ndarray
    V: np.ndarray
    mask_ratio: float
    n_latents: int

    def unpack(self, parameters: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Encoder (d, k) and decoder (k, d) from a flat vector of 2 d k numbers."""
        encoder, decoder = np.split(np.asarray(parameters, dtype=float), 2)
        d, k = len(self.S), self.n_latents
        return encoder.reshape(d, k), decoder.reshape(k, d)

    def value(self, parameters: ArrayLike) -> float:
        """Lemma 1 (Eq. 2)."""
        A, B = self.unpack(parameters)
        regularised = np.sum((self.V @ A @ B) * (A @ B))
        visible = 1 - self.mask_ratio
        return float(np.trace(self.S) + visible * (regularised - 2 * np.sum(self.S * (A @ B).T)))

    def gradient(self, parameters: ArrayLike) -> np.ndarray:
        """Zero where Eqs. 13 and 14 hold."""
        A, B = self.unpack(parameters)
        for_encoder = (self.V @ A @ B - self.S) @ B.T
        for_decoder = A.T @ (self.V @ A @ B - self.S)
        return 2 * (1 - self.mask_ratio) * np.r_[for_encoder.ravel(), for_decoder.ravel()]

    def hessian(self, parameters: ArrayLike) -> np.ndarray:
        """Second derivatives, shape (2 d k, 2 d k): the gradient's derivative in each direction."""
        A, B = self.unpack(parameters)
        residual = self.V @ A @ B - self.S
        directions = np.eye(2 * A.size)
        dA = directions[:, : A.size].reshape(-1, *A.shape)
        dB = directions[:, A.size :].reshape(-1, *B.shape)
        change = self.V @ (dA @ B + A @ dB)
        for_encoder = change @ B.T + residual @ dB.swapaxes(1, 2)
        for_decoder = dA.swapaxes(1, 2) @ residual + A.T @ change
        flat = [part.reshape(len(directions), -1) for part in (for_encoder, for_decoder)]
        hessian = 2 * (1 - self.mask_ratio) * np.hstack(flat)
        return (hessian + hessian.T) / 2


def objective(S: ArrayLike, index: ArrayLike, mask_ratio: float, n_latents: int) -> Objective:
    """The objective of a second moment S (d, d) with the patch of each coordinate, index (d,)."""
    S = np.asarray(S, dtype=float)
    check_mask_ratio(mask_ratio)
    if not 1 <= n_latents <= len(S):
        raise ValueError(f"n_latents {n_latents}: must be in 1..{len(S)}, the number of dimensions")
    V = S * np.where(same_patch(np.asarray(index)), 1.0, 1 - mask_ratio)
    return Objective(S, V, mask_ratio, n_latents)


def enumerated_loss(X: ArrayLike, index: ArrayLike, mask_ratio: float, W: ArrayLike) -> float:
    """E_R ||X - (R * X) W||_F^2 by its definition (Eq. 1): the sum over all masks of all samples.

    Parameters: X (n, d); index (d,), the patch of each coordinate; W (d, d). Each sample has its
    own mask, so the expectation is the sum of the samples' expectations.
    """
    X, index = np.asarray(X, dtype=float), np.asarray(index)
    masks = enumerate_masks(int(index.max()) + 1)
    losses = [np.sum((X - X * ~hidden[index] @ W) ** 2) for hidden in masks]
    return float(mask_probabilities(masks, mask_ratio) @ losses)


def minimise(problem: Objective, rng: np.random.Generator) -> OptimizeResult:
    """L-BFGS from a random start, until the gradient is at rounding level."""
    scale = len(problem.S) ** -0.5
    start = scale * rng.standard_normal(2 * len(problem.S) * problem.n_latents)
    options = {"maxiter": 20_000, "maxfun": 20_000, "ftol": 1e-15, "gtol": 1e-10, "maxcor": 30}
    return minimize(problem.value, start, jac=problem.gradient, method="L-BFGS-B", options=options)
