"""What a closed form returns."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Solution:
    """A linear autoencoder that minimises its loss. Row vectors: a row x is reconstructed as x A B.

    encoder: A, shape (d, k). decoder: B, shape (k, d), orthonormal rows (the choice C = I of
    Theorem 1 in Bisulco et al. 2025). loss: the minimum, in the units of S. eigenvalues: those of S
    V^-1 S, descending: all d of them, or the leading ones (at least k) where only these were
    computed.
    """

    encoder: np.ndarray
    decoder: np.ndarray
    loss: float
    eigenvalues: np.ndarray

    @property
    def influence(self) -> np.ndarray:
        """W = A B, shape (d, d): row = input coordinate, column = target coordinate."""
        return self.encoder @ self.decoder
