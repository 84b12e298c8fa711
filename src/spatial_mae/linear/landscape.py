"""The linear MAE's minima and critical points, found by search (Theorem 1, Lemmas 2 and 3).

Each check returns numbers; what they decide is left to the claims.
"""

from itertools import combinations
from math import comb

import numpy as np
from scipy.linalg import eigh, subspace_angles
from scipy.optimize import least_squares, minimize

from spatial_mae.linear.objective import Objective, minimise, objective
from spatial_mae.linear.solution import solve_mae

MAX_CRITICAL_POINTS = 2000
# A restart is at the minimum when its loss exceeds the closed form by less than this share.
AT_MINIMUM = 1e-8
# A point is critical when its gradient is below this share of ||S||.
AT_REST = 1e-9
# Curvatures below this share of the largest are zero: A C, C^-1 B leaves the loss unchanged.
FLAT = 1e-9
# W has rank k when its k-th singular value is above this; those found are 0.1 or more, or 1e-16.
FULL_RANK = 1e-6


def eigenpairs(problem: Objective) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, descending, and orthonormal eigenvectors of S V^-1 S."""
    values, vectors = eigh(problem.S @ np.linalg.solve(problem.V, problem.S))
    return values[::-1], vectors[:, ::-1]


def critical_point(problem: Objective, eigenvectors: np.ndarray) -> np.ndarray:
    """Parameters (A, B) = (V^-1 S U, U^T), flat, for some eigenvectors U (d, j), j <= k.

    With fewer than k the remaining latents are zero: a critical point that is not of full rank.
    """
    encoder = np.zeros((len(problem.S), problem.n_latents))
    decoder = np.zeros((problem.n_latents, len(problem.S)))
    n_used = eigenvectors.shape[1]
    encoder[:, :n_used] = np.linalg.solve(problem.V, problem.S @ eigenvectors)
    decoder[:n_used] = eigenvectors.T
    return np.r_[encoder.ravel(), decoder.ravel()]


def relative_gradient(problem: Objective, parameters: np.ndarray) -> float:
    return float(np.linalg.norm(problem.gradient(parameters)) / np.linalg.norm(problem.S))


def curvature(problem: Objective, parameters: np.ndarray) -> float:
    """Least eigenvalue of the Hessian over the largest: negative at a saddle, 0 at a minimum."""
    values = np.linalg.eigvalsh(problem.hessian(parameters))
    return float(values[0] / np.abs(values).max())


def search_minima(
    S: np.ndarray, index: np.ndarray, m: float, k: int, n_restarts: int, rng: np.random.Generator
) -> dict[str, float]:
    """L-BFGS from random starts against the closed form (Theorem 1) at mask ratio m, k latents.

    `least_gap` (never below 0, up to rounding) and `share_at_minimum` compare losses; `angle`
    (radians) and `influence_error` the best restart's W with the closed form's.
    `excess_of_variance_features` is what the loss gains when eigenvectors of S replace those of
    S V^-1 S: a check of the minimum must be tight enough to notice.
    """
    problem = objective(S, index, m, k)
    closed = solve_mae(S, index, m, k)
    found = [minimise(problem, rng) for _ in range(n_restarts)]
    gaps = np.array([result.fun / closed.loss - 1 for result in found])
    A, B = problem.unpack(found[int(gaps.argmin())].x)
    variance_features = eigh(S)[1][:, ::-1][:, :k]
    naive = problem.value(critical_point(problem, variance_features))
    return {
        "least_gap": float(gaps.min()),
        "share_at_minimum": float(np.mean(gaps < AT_MINIMUM)),
        "angle": float(subspace_angles(B.T, closed.decoder.T).max()),
        "influence_error": float(_relative(A @ B, closed.influence)),
        "excess_of_variance_features": float(naive / closed.loss - 1),
    }


def check_n_subsets(d: int, n_latents: int) -> None:
    """ValueError if the choices of at most n_latents of d eigenvectors are too many to survey."""
    if (count := sum(comb(d, size) for size in range(n_latents + 1))) > MAX_CRITICAL_POINTS:
        raise ValueError(
            f"{count} critical points (d = {d}, n_latents = {n_latents}), at most "
            f"{MAX_CRITICAL_POINTS} can be surveyed; use fewer dimensions or latents"
        )


def survey_critical_points(problem: Objective, with_lower_rank: bool = False) -> dict[str, float]:
    """Gradient and curvature at every choice of k (or at most k) of the d eigenvectors (Lemma 2).

    Raises ValueError beyond 2000 choices: each costs a Hessian of side 2 d k.
    """
    d, k = len(problem.S), problem.n_latents
    sizes = range(k + 1) if with_lower_rank else [k]
    n_points = sum(comb(d, size) for size in sizes)
    check_n_subsets(d, k)
    vectors = eigenpairs(problem)[1]
    points = [
        critical_point(problem, vectors[:, list(chosen)])
        for size in sizes
        for chosen in combinations(range(d), size)
    ]
    gradients = np.array([relative_gradient(problem, point) for point in points])
    curvatures = np.array([curvature(problem, point) for point in points])
    saddles = curvatures < -FLAT
    return {
        "n_subsets": n_points,
        "n_critical_points": int(np.sum(gradients < AT_REST)),
        "max_relative_gradient": float(gradients.max()),
        "n_minima": int(np.sum(~saddles)),
        "n_saddles": int(np.sum(saddles)),
        "top_set_is_minimum": int(not saddles[n_points - comb(d, k)]),
        "weakest_saddle": float(curvatures[saddles].max()),
    }


def search_critical_points(
    problem: Objective, n_restarts: int, rng: np.random.Generator
) -> dict[str, float]:
    """The converse of Lemma 2: from random subspaces to points where the gradient vanishes.

    `max_distance_to_subset`, over the points of full rank that are found (left out if none is): how
    far the projector onto the decoder's rows, in the eigenvectors' basis, is from a 0/1 diagonal.
    """
    vectors = eigenpairs(problem)[1]
    distances, subsets = [], set()
    for _ in range(n_restarts):
        subspace = rng.standard_normal((len(problem.S), problem.n_latents))
        start = critical_point(problem, np.linalg.qr(subspace)[0])
        found = least_squares(
            problem.gradient,
            start,
            problem.hessian,
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
            max_nfev=200,
        )
        A, B = problem.unpack(found.x)
        spread = np.linalg.svd(A @ B, compute_uv=False)[problem.n_latents - 1]
        if relative_gradient(problem, found.x) < AT_REST and spread > FULL_RANK:
            basis = vectors.T @ np.linalg.qr(B.T)[0]
            projector = basis @ basis.T
            chosen = np.round(np.diag(projector))
            distances.append(np.abs(projector - np.diag(chosen)).max())
            subsets.add(tuple(np.flatnonzero(chosen)))
    counts = {"n_found_by_search": len(distances), "n_different_found": len(subsets)}
    return counts | ({"max_distance_to_subset": float(max(distances))} if distances else {})


def trace_ratio(problem: Objective, encoder: np.ndarray) -> tuple[float, np.ndarray]:
    """tr[(A^T V A)^-1 A^T S^2 A] and its gradient, the function that Lemma 3 maximises."""
    A = encoder.reshape(len(problem.S), problem.n_latents)
    inner = A.T @ problem.V @ A
    image = problem.S @ problem.S @ A
    solved = np.linalg.solve(inner, A.T @ image)
    gradient = 2 * np.linalg.solve(inner.T, (image - problem.V @ A @ solved).T).T
    return float(np.trace(solved)), gradient.ravel()


def check_trace_maximum(
    problem: Objective, n_restarts: int, rng: np.random.Generator
) -> dict[str, float]:
    """Lemma 3: the maximum is the sum of the k largest generalised eigenvalues of (S^2, V).

    Relative numbers: `attained_error` at the top eigenvectors, `max_excess` after random ascents.
    """
    values, vectors = eigh(problem.S @ problem.S, problem.V)
    k = problem.n_latents
    bound = values[-k:].sum()
    attained = trace_ratio(problem, vectors[:, -k:])[0]
    ascents = [
        minimize(
            lambda flat: tuple(-part for part in trace_ratio(problem, flat)),
            rng.standard_normal(len(values) * k),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 5000, "ftol": 1e-15, "gtol": 1e-10},
        )
        for _ in range(n_restarts)
    ]
    reached = np.array([-ascent.fun for ascent in ascents]) / bound - 1
    return {
        "attained_error": abs(float(attained / bound - 1)),
        "max_excess": float(reached.max()),
        "share_at_maximum": float(np.mean(reached > -AT_MINIMUM)),
    }


def _relative(found: np.ndarray, expected: np.ndarray) -> float:
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)
