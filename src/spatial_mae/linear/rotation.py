"""How masking turns the features of a linear autoencoder, and what that does to a linear target.

Whitened coordinates: with S = U diag(l) U^T an image x becomes x U diag(l)^-1/2, whose second
moments are the identity. The AE's k features are then the first k coordinates. A target y is a
vector w = E[x_white^T y], and features that span the columns of an orthonormal Q explain |Q^T w|^2
of E y^2. The MAE's features are x V^-1 S U_m, with U_m the leading eigenvectors of S V^-1 S
(Bisulco et al. 2025, Theorem 1).

With S = F diag(t) F^T and D = F F^T (`decomposition`), masking multiplies the redundancy t of a
direction by the redundancy gain 1 / (1 - m + m/t): t counts patches, P where all P share the
direction. In whitened coordinates these gains are the eigenvalues of

    M = S^-1/2 (S V^-1 S) S^-1/2,

the identity at m = 0. Its element M_ji says by how much two of the AE's directions align with the
same redundant ones. First-order perturbation turns each kept direction i towards the missed ones j:

    Z_ji = M_ji l_i / (l_i - l_j),   i <= k < j,

and the turned features span the columns of (I; Z). No readout, and no eigenvector of S V^-1 S, is
needed for Z. It ignores the second and higher orders of that turn.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from spatial_mae.linear.decomposition import Decomposition

SMALLEST = 1e-12
"""Eigenvalues below this share of the largest count as zero, gaps below this share as ties."""


@dataclass(frozen=True)
class Whitening:
    """Eigenvalues l of S, descending, (d,), and their eigenvectors U, (d, d)."""

    eigenvalues: np.ndarray
    vectors: np.ndarray

    @classmethod
    def of(cls, S: np.ndarray) -> "Whitening":
        """Of second moments (d, d). Raises ValueError where they are singular."""
        values, vectors = eigh(S, driver="evd", check_finite=False)
        if not values[0] > SMALLEST * values[-1]:
            raise ValueError(
                f"S is singular (eigenvalues from {values[0]:.3g} to {values[-1]:.3g}): features "
                "turn towards directions without variance; add a ridge, or use more images"
            )
        return cls(values[::-1], vectors[:, ::-1])

    @property
    def targets(self) -> np.ndarray:
        """The map of functionals: w = targets @ a for y = x a; shape (d, d)."""
        return np.sqrt(self.eigenvalues)[:, None] * self.vectors.T

    @property
    def crosses(self) -> np.ndarray:
        """The map of cross moments: w = crosses @ E[x^T y], for any y; shape (d, d)."""
        return self.vectors.T / np.sqrt(self.eigenvalues)[:, None]

    def check_latents(self, n_latents: int) -> None:
        """Raise ValueError unless k leaves directions out, and decides which."""
        values, d = self.eigenvalues, len(self.eigenvalues)
        if not 1 <= n_latents < d:
            raise ValueError(
                f"n_latents = {n_latents}: expected 1 to {d - 1}; with all {d} directions any "
                "features explain every linear target, and masking changes nothing"
            )
        if values[n_latents - 1] - values[n_latents] <= SMALLEST * values[0]:
            raise ValueError(
                f"n_latents = {n_latents}: eigenvalues {n_latents} and {n_latents + 1} of S are "
                "equal, so that the autoencoder's features are not unique; choose another number"
            )


def redundancy_matrix(
    whitening: Whitening, decomposition: Decomposition, mask_ratio: float
) -> np.ndarray:
    """M (d, d), symmetric; its eigenvalues are the redundancy gains of all directions.

    Raises ValueError for a single patch, which hides all or nothing.
    """
    check_patches(decomposition.n_patches)
    turned = whitening.targets @ decomposition.whitening(mask_ratio) @ whitening.crosses.T
    return (turned + turned.T) / 2


def check_patches(n_patches: int) -> None:
    """Raise ValueError for a single patch: the MAE is then the AE at every mask ratio."""
    if n_patches < 2:
        raise ValueError(
            "one patch holds the whole image: masking hides all or nothing, and the MAE's features "
            "are the autoencoder's; use a smaller patch size"
        )


def turned_span(whitening: Whitening, redundancy: np.ndarray, n_latents: int) -> np.ndarray:
    """Orthonormal columns (d, k) that span (I; Z): the features after a first-order turn.

    Raises ValueError for n_latents that `Whitening.check_latents` refuses.
    """
    whitening.check_latents(n_latents)
    kept, missed = np.split(whitening.eigenvalues, [n_latents])
    turn = redundancy[n_latents:, :n_latents] * kept / (kept - missed[:, None])
    return np.linalg.qr(np.vstack([np.eye(n_latents), turn]))[0]


def feature_span(whitening: Whitening, encoder: np.ndarray) -> np.ndarray:
    """Orthonormal columns (d, k): the first j of them span an encoder's first j features.

    encoder: A (d, k), applied to whole images.
    """
    return np.linalg.qr(whitening.targets @ encoder)[0]


def explained_gain(span: np.ndarray, whitened: np.ndarray, power: float) -> float:
    """What k features explain of a target beyond the AE's k, as a share of its power.

    Parameters: span (d, k), orthonormal; whitened w (d, q), a column for each part of the target;
    power, the sum of E y^2 over the parts.
    """
    explained = np.sum((span.T @ whitened) ** 2)
    return float((explained - np.sum(whitened[: span.shape[1]] ** 2)) / power)


def missed_share(n_latents: int, whitened: np.ndarray, power: float) -> float:
    """The share of a target's power that the AE's k features do not explain."""
    return float(1 - np.sum(whitened[:n_latents] ** 2) / power)


def redundancy_excess(
    whitening: Whitening, redundancy: np.ndarray, n_latents: int, second: np.ndarray
) -> float:
    """Mean redundancy gain of a target's variance, less that of the AE's k features.

    tr(M w w^T) / tr(w w^T) - sum_i<=k l_i M_ii / sum_i<=k l_i. It knows how redundant the target
    is but not which features turn towards it. second: w w^T (d, d).
    """
    kept = whitening.eigenvalues[:n_latents]
    own = np.sum(redundancy * second) / np.trace(second)
    return float(own - np.diag(redundancy)[:n_latents] @ kept / kept.sum())
