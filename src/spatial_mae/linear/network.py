"""A small non-linear autoencoder, h(x) = phi(x A + a) B + b, with its exact Jacobian.

phi is tanh, or the identity for a linear network. Row vectors: a batch x has shape (n, d).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize


@dataclass(frozen=True)
class Network:
    """encoder A (d, k), encoder_bias a (k,), decoder B (k, d), decoder_bias b (d,)."""

    encoder: np.ndarray
    encoder_bias: np.ndarray
    decoder: np.ndarray
    decoder_bias: np.ndarray
    linear: bool = False

    def hidden(self, x: ArrayLike) -> np.ndarray:
        """Hidden units, shape (n, k)."""
        drive = x @ self.encoder + self.encoder_bias
        return drive if self.linear else np.tanh(drive)

    def slope(self, hidden: np.ndarray) -> np.ndarray:
        """phi' at the given hidden units, shape (n, k)."""
        return np.ones_like(hidden) if self.linear else 1 - hidden**2

    def __call__(self, x: ArrayLike) -> np.ndarray:
        """h(x), shape (n, d)."""
        return self.hidden(x) @ self.decoder + self.decoder_bias

    def jacobian(self, x: ArrayLike) -> np.ndarray:
        """J[n, i, j] = d h_j / d x_i at each row of x: shape (n, d, d), row = input coordinate."""
        slope = self.slope(self.hidden(x))
        return (self.encoder * slope[:, None, :]) @ self.decoder


def fit_autoencoder(
    X: ArrayLike, n_hidden_units: int, rng: np.random.Generator, max_iterations: int = 500
) -> Network:
    """Minimise the mean of ||x - h(x)||^2 over the rows of X (n, d), by L-BFGS, random start.

    Returns a tanh network. Raises ValueError if n_hidden_units < 1.
    """
    X = np.asarray(X, dtype=float)
    if n_hidden_units < 1:
        raise ValueError(f"n_hidden_units {n_hidden_units}: must be at least 1")
    d, k = X.shape[1], n_hidden_units
    weights = 0.5 * d**-0.5 * rng.standard_normal(2 * d * k)
    start = np.r_[weights, np.zeros(k + d)]
    options = {"maxiter": max_iterations, "maxfun": 2 * max_iterations}
    found = minimize(
        reconstruction, start, args=(X, k), jac=True, method="L-BFGS-B", options=options
    )
    return unpack(found.x, d, k)


def unpack(parameters: np.ndarray, d: int, k: int) -> Network:
    """A tanh network from the flat (A, B, a, b)."""
    A, B, a, b = np.split(parameters, [d * k, 2 * d * k, 2 * d * k + k])
    return Network(A.reshape(d, k), a, B.reshape(k, d), b)


def reconstruction(parameters: np.ndarray, X: np.ndarray, k: int) -> tuple[float, np.ndarray]:
    """Mean of ||x - h(x)||^2 over the rows of X, and its gradient by the flat parameters."""
    n, d = X.shape
    network = unpack(parameters, d, k)
    hidden = network.hidden(X)
    residual = hidden @ network.decoder + network.decoder_bias - X
    back = 2 / n * residual
    drive = back @ network.decoder.T * network.slope(hidden)
    parts = (X.T @ drive, hidden.T @ back, drive.sum(axis=0), back.sum(axis=0))
    return float(np.sum(residual**2) / n), np.concatenate([part.ravel() for part in parts])
