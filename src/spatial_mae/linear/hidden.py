"""The loss on hidden patches only (He et al. 2022), for a linear model and independent masks.

For each patch b, with V_-b the matrix V with the rows and columns of b left out,
    L = m sum_b [ tr S_bb - 2 (1-m) tr(S_b,-b W_-b,b) + (1-m) tr(W_-b,b^T V_-b,-b W_-b,b) ]:
the blocks of W inside patches never count. At full rank each patch has its own least squares;
below, the encoder is found by L-BFGS, with the best decoder for each encoder eliminated.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve, cholesky, eigh, lstsq, solve, solve_triangular
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize

from spatial_mae.linear.blocks import block_cholesky, block_coordinates
from spatial_mae.linear.result import Solution
from spatial_mae.linear.validation import check_moment, check_patch_index
from spatial_mae.masks.laws import LAWS, check_mask_ratio

# Of the loss relative to tr S: the decrease in one step, or the gradient, at which L-BFGS stops.
DECREASE_TOLERANCE = 1e-9
GRADIENT_TOLERANCE = 1e-8
MAX_ITERATIONS = 5000
OPTIONS = {
    "maxcor": 30,
    "maxiter": MAX_ITERATIONS,
    "maxfun": 2 * MAX_ITERATIONS,
    "gtol": GRADIENT_TOLERANCE,
    "ftol": DECREASE_TOLERANCE,
}


@dataclass(frozen=True)
class _Problem:
    S: np.ndarray
    V: np.ndarray
    blocks: list[np.ndarray]
    mask_ratio: float


def _loss(S: np.ndarray, mask_ratio: float, explained: float) -> float:
    return float(mask_ratio * (np.trace(S) - (1.0 - mask_ratio) * explained))


def solve_hidden(S: np.ndarray, index: np.ndarray, mask_ratio: float, n_latents: int) -> Solution:
    """Minimise the expected squared error on hidden patches; S (d, d), index (d,), all checked.

    With n_latents = d the encoder is W itself and the decoder the identity; otherwise the decoder
    has orthonormal rows. `eigenvalues` is empty: this problem has no spectrum. The loss sums over
    hidden patches and averages over masks: divide by the mask ratio for the loss of a patch that is
    hidden.

    Raises ValueError if nothing is ever hidden, D is singular, or L-BFGS does not converge.
    """
    if check_mask_ratio(mask_ratio) == 0.0:
        raise ValueError("mask ratio 0 hides nothing: the loss on hidden patches needs one above 0")
    blocks = block_coordinates(index)
    block_cholesky([S[np.ix_(rows, rows)] for rows in blocks], index)
    if n_latents == len(S):
        W = _full_rank(S, blocks, mask_ratio)
        return Solution(W, np.eye(len(W)), _loss(S, mask_ratio, np.vdot(S, W)), np.empty(0))
    V = np.where(index[:, None] == index[None, :], S, (1.0 - mask_ratio) * S)
    return _low_rank(_Problem(S, V, blocks, mask_ratio), n_latents)


def hidden_influence(
    S: np.ndarray, index: np.ndarray, mask_ratio: float, sampling: str
) -> np.ndarray:
    """W (d, d) of full rank, zero inside patches, for the loss on hidden patches only.

    W_-b,b = V_-b,-b^-1 S_-b,b with V = (1-e) S + e D, where e is the chance that a patch is hidden
    given that b is hidden and a third patch visible. sampling: "bernoulli", e = m; or "exact" with
    M = round(m P) of P patches hidden, e = (M - 1) / (P - 2).

    Arguments as in `solution.solve_mae`. Raises ValueError as `solve_hidden`, for another sampling
    law, or a mask ratio that hides no patch or all.
    """
    S, index = check_moment(S), check_patch_index(index, len(S))
    blocks = block_coordinates(index)
    effective = _effective_ratio(mask_ratio, len(blocks), sampling)
    block_cholesky([S[np.ix_(rows, rows)] for rows in blocks], index)
    return _full_rank(S, blocks, effective)


def _effective_ratio(mask_ratio: float, n_patches: int, sampling: str) -> float:
    mask_ratio = check_mask_ratio(mask_ratio)
    n_hidden = round(mask_ratio * n_patches)
    if sampling not in LAWS:
        raise ValueError(f"sampling {sampling!r} has no such closed form; use bernoulli or exact")
    if mask_ratio == 0.0 or (sampling == "exact" and not 0 < n_hidden < n_patches):
        raise ValueError(
            f"mask ratio {mask_ratio} of {n_patches} patches hides none or all: the loss on hidden "
            "patches needs both"
        )
    if sampling == "bernoulli":
        return mask_ratio
    return (n_hidden - 1) / (n_patches - 2) if n_patches > 2 else 0.0


def _full_rank(S: np.ndarray, blocks: list[np.ndarray], effective: float) -> np.ndarray:
    """W_-b,b = V_-b,-b^-1 S_-b,b for every patch b, V = (1-e) S + e D, from one inverse of V.

    By the inverse of a partitioned matrix, with P = V^-1 and V_-b,b = (1-e) S_-b,b, this is
    -P_-b,b P_bb^-1 / (1-e): the coefficients by which the rest predicts patch b. At e = 1 a patch
    is predicted from each other patch alone.
    """
    V = (1.0 - effective) * S
    for rows in blocks:
        V[np.ix_(rows, rows)] = S[np.ix_(rows, rows)]
    factor, failed = dpotrf(V, lower=True, overwrite_a=True)
    if failed:
        raise ValueError(
            "V = (1-e) S + e D is singular: fewer images than coordinates leave S so; add a ridge"
        )
    if effective == 1.0:
        W = cho_solve((factor, True), S)
    else:
        lower, _ = dpotri(factor, lower=True, overwrite_c=True)
        W = np.tril(lower, -1)
        W += W.T
        np.fill_diagonal(W, lower.diagonal())
        for rows in blocks:
            own = W[np.ix_(rows, rows)]
            W[:, rows] = solve(own, W[:, rows].T, assume_a="pos").T / (effective - 1.0)
    for rows in blocks:
        W[np.ix_(rows, rows)] = 0.0
    return W


def _low_rank(problem: _Problem, n_latents: int) -> Solution:
    """L-BFGS over the encoder in coordinates where V is the identity, from Theorem 1's solution."""
    S, V = problem.S, problem.V
    factor = cholesky(V, lower=True)
    whitened = solve_triangular(factor, S, lower=True)
    start = eigh(whitened @ whitened.T, subset_by_index=(len(S) - n_latents, len(S) - 1))[1]
    scale = np.trace(S)

    def negative(flat: np.ndarray) -> tuple[float, np.ndarray]:
        A = solve_triangular(factor, flat.reshape(start.shape), lower=True, trans="T")
        explained, gradient, _ = _explained(problem, A)
        inner = solve_triangular(factor, gradient, lower=True)
        return -explained / scale, -inner.ravel() / scale

    found = minimize(negative, start.ravel(), jac=True, method="L-BFGS-B", options=OPTIONS)
    _check_converged(found)
    A = solve_triangular(factor, found.x.reshape(start.shape), lower=True, trans="T")
    explained, _, B = _explained(problem, A)
    upper = np.linalg.qr(B.T)
    return Solution(A @ upper.R.T, upper.Q.T, _loss(S, problem.mask_ratio, explained), np.empty(0))


def _check_converged(found: object) -> None:
    if not found.success:
        raise ValueError(
            f"the hidden-patches solution did not converge: {found.message} after {found.nit} "
            "steps; add a ridge or lower n_latents"
        )


def _explained(problem: _Problem, A: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """2 tr(S W) - tr(W^T V W) over blocks between patches, at the best decoder B of encoder A.

    Returns the value, its gradient with respect to A (d, k), and B (k, d).
    """
    S, V = problem.S, problem.V
    VA, SA = V @ A, S @ A
    inner = A.T @ VA
    B = np.empty(A.T.shape)
    total, spread = 0.0, np.zeros_like(inner)
    own, shared = np.empty_like(A), np.empty_like(A)
    for rows in problem.blocks:
        A_b, V_b, S_b = A[rows], V[np.ix_(rows, rows)], S[np.ix_(rows, rows)]
        cross = A_b.T @ VA[rows]
        gram = inner - cross - cross.T + A_b.T @ V_b @ A_b
        target = (SA[rows] - S_b @ A_b).T
        B_b = _decoder(gram, target, len(S) - len(rows))
        B[:, rows] = B_b
        total += np.vdot(target, B_b)
        outer = B_b @ B_b.T
        spread += outer
        # What the sums over all coordinates must leave out: patch b seen by itself.
        own[rows] = (VA[rows] - V_b @ A_b) @ outer - S_b @ B_b.T
        shared[rows] = A_b @ outer
    gradient = S @ B.T - VA @ spread + own + V @ shared
    return float(total), 2.0 * gradient, B


def _decoder(gram: np.ndarray, target: np.ndarray, n_visible: int) -> np.ndarray:
    """The best decoder block (k, b); of least norm where k exceeds what it can see."""
    if len(gram) <= n_visible:
        return solve(gram, target, assume_a="pos", check_finite=False)
    return lstsq(gram, target)[0]
