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
# LOBPCG itself stops only when the guards have converged too: it is asked after so many iterations.
ROUND = 20
# Of the residual at which LOBPCG stops, in units of (mean diag S)^1.5.
SMALLEST = 1e-6
# Of sqrt(r^T D^-1 r) / lambda, at which it stops, and above which it has not converged: an
# eigenvalue's relative error is about its square.
GOAL, TOLERANCE = 1e-6, 1e-4
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
    vectors = _start(problem, n_latents + GUARDS, start, seed)
    for _ in range(0, MAX_ITERATIONS, ROUND):
        found, vectors = _iterated(problem, vectors, effective)
        order = np.argsort(-found)[:n_latents]
        leading = vectors[:, order]
        best = Latents(leading, problem.moment.apply(leading), found[order])
        residual, gap = _residual(problem, effective, best)
        if residual <= GOAL:
            break
    if not max(residual, gap) <= TOLERANCE:
        raise NotConverged(
            f"the solution for {n_latents} latents did not converge: its residual is "
            f"{residual:.2e} of the eigenvalue, above {TOLERANCE:.0e}, after "
            f"{MAX_ITERATIONS} iterations of LOBPCG; add a ridge, lower n_latents, or leave `all`"
        )
    return best


def _start(problem: System, width: int, start: Latents | None, seed: int) -> np.ndarray:
    """Random columns, smoothed by S, after those of a known solution."""
    rng = np.random.default_rng(seed)
    known = np.empty((problem.size, 0)) if start is None else start.encoder
    drawn = rng.standard_normal((problem.size, width - known.shape[1]))
    return np.hstack([known, problem.precondition(problem.moment.apply(drawn))])


def _iterated(
    problem: System, start: np.ndarray, effective: float
) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues and eigenvectors after a round of iterations."""
    apply = problem.moment.apply
    steps = {
        "A": lambda columns: apply(apply(columns)),
        "B": lambda columns: problem.apply(columns, np.full(columns.shape[1], effective)),
        "M": problem.precondition,
    }
    operators = {name: _operator(problem.size, step) for name, step in steps.items()}
    smallest = SMALLEST * (problem.trace / problem.size) ** 1.5
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where it stops early: `latents` decides
        return lobpcg(X=start, largest=True, tol=smallest, maxiter=ROUND, **operators)


def _operator(size: int, step: Callable[[np.ndarray], np.ndarray]) -> LinearOperator:
    def columns(vectors: np.ndarray) -> np.ndarray:
        return step(vectors.reshape(size, -1))

    return LinearOperator((size, size), matvec=columns, matmat=columns, dtype=np.float64)


def _residual(problem: System, effective: float, found: Latents) -> tuple[float, float]:
    """The largest residual of an eigenpair, of the eigenvalue, and the largest gap of Y^T V Y to 1.

    The first is infinite where an eigenvalue is not positive.
    """
    moved = problem.apply(found.encoder, np.full(len(found.eigenvalues), effective))
    residual = problem.moment.apply(found.decoder) - moved * found.eigenvalues
    size = np.sqrt(np.einsum("dk,dk->k", residual, problem.precondition(residual)))
    positive = (found.eigenvalues > 0).all()
    worst = float((size / found.eigenvalues).max()) if positive else np.inf
    gap = np.abs(found.encoder.T @ moved - np.eye(len(found.eigenvalues))).max()
    return worst, float(gap)
