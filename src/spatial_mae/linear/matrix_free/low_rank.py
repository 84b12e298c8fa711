"""Few latents without d x d matrices: leading eigenvectors of S V^-1 S by LOBPCG.

They solve S^2 y = lambda V y. With y^T V y = 1, the encoder is A = Y and the decoder B = (S Y)^T:
Theorem 1 of Bisulco et al. (2025) with another choice of C.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse.linalg import LinearOperator, lobpcg

from spatial_mae.linear.matrix_free.system import NotConverged, System

# More columns than latents are iterated: the last ones converge slowly.
GUARDS = 8
MAX_ITERATIONS = 300
# Of the residual that LOBPCG reaches for, in units of (mean diag S)^1.5.
GOAL = 1e-6
# Of sqrt(r^T D^-1 r) / lambda: an eigenvalue's relative error is about its square.
TOLERANCE = 1e-4
# LOBPCG is no help for more: of the coordinates, and of memory.
SHARE = 5


@dataclass(frozen=True)
class Latents:
    """encoder: A (d, k). decoder: (S A), so that B is its transpose. eigenvalues: (k,)."""

    encoder: np.ndarray
    decoder: np.ndarray
    eigenvalues: np.ndarray

    def influence(self, outputs: np.ndarray, n_latents: int) -> np.ndarray:
        """Columns of W = A B with fewer latents: (d, q)."""
        return self.encoder[:, :n_latents] @ self.decoder[outputs, :n_latents].T


def latents(
    problem: System,
    n_latents: int,
    effective: float,
    start: Latents | None = None,
    seed: int = 0,
) -> Latents:
    """The leading eigenpairs of S V^-1 S, V = (1-e) S + e D; e = 0 is the autoencoder.

    start: the solution for another e, which saves iterations. Raises ValueError for so many
    latents that a decomposition would be needed, and NotConverged, with the residual, where
    LOBPCG does not converge.
    """
    most = problem.size // SHARE - GUARDS
    if not 1 <= n_latents <= most:
        raise ValueError(
            f"n_latents = {n_latents} of {problem.size:,} coordinates: without matrices (d, d) "
            f"there are solutions for 1 to {max(most, 1):,} latents, and for `all`"
        )
    found, vectors = _solve(problem, _start(problem, n_latents + GUARDS, start, seed), effective)
    order = np.argsort(-found)[:n_latents]
    values, vectors = found[order], vectors[:, order]
    decoder = problem.moment.apply(vectors)
    _check(problem, effective, vectors, decoder, values)
    return Latents(vectors, decoder, values)


def _start(problem: System, width: int, start: Latents | None, seed: int) -> np.ndarray:
    """Random columns, smoothed by S, after those of a known solution."""
    rng = np.random.default_rng(seed)
    known = np.empty((problem.size, 0)) if start is None else start.encoder
    drawn = rng.standard_normal((problem.size, width - known.shape[1]))
    return np.hstack([known, problem.precondition(problem.moment.apply(drawn))])


def _solve(problem: System, start: np.ndarray, effective: float) -> tuple[np.ndarray, np.ndarray]:
    apply = problem.moment.apply
    steps = {
        "A": lambda columns: apply(apply(columns)),
        "B": lambda columns: problem.apply(columns, np.full(columns.shape[1], effective)),
        "M": problem.precondition,
    }
    operators = {name: _operator(problem.size, step) for name, step in steps.items()}
    goal = GOAL * (problem.trace / problem.size) ** 1.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where it stops early: `_check` decides
        return lobpcg(X=start, largest=True, tol=goal, maxiter=MAX_ITERATIONS, **operators)


def _operator(size: int, step: Callable[[np.ndarray], np.ndarray]) -> LinearOperator:
    def columns(vectors: np.ndarray) -> np.ndarray:
        return step(vectors.reshape(size, -1))

    return LinearOperator((size, size), matvec=columns, matmat=columns, dtype=np.float64)


def _check(
    problem: System,
    effective: float,
    vectors: np.ndarray,
    decoder: np.ndarray,
    values: np.ndarray,
) -> None:
    chance = np.full(len(values), effective)
    moved = problem.apply(vectors, chance)
    residual = problem.moment.apply(decoder) - moved * values
    size = np.sqrt(np.einsum("dk,dk->k", residual, problem.precondition(residual)))
    worst = float((size / values).max()) if (values > 0).all() else np.inf
    gap = np.abs(vectors.T @ moved - np.eye(len(values))).max()
    if not (worst <= TOLERANCE and gap <= TOLERANCE):
        raise NotConverged(
            f"the solution for {len(values)} latents did not converge: its residual is "
            f"{worst:.2e} of the eigenvalue, above {TOLERANCE:.0e}, after at most "
            f"{MAX_ITERATIONS} iterations of LOBPCG; add a ridge, lower n_latents, or leave `all`"
        )
