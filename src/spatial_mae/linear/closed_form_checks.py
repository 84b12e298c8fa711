"""Closed forms against enumeration and differences: Lemmas 1 and 6, Remark 1, ranks, redundancy.

Each check returns its numbers by name, and the number of cases behind them.
"""

from collections.abc import Mapping

import numpy as np
from scipy.linalg import block_diag

from spatial_mae.linear.instance import MASK_RATIOS, Instance
from spatial_mae.linear.ising import ising_chain_moment
from spatial_mae.linear.landscape import critical_point, eigenpairs
from spatial_mae.linear.objective import enumerated_loss, objective
from spatial_mae.linear.redundancy import redundancy_gain
from spatial_mae.linear.solution import solve_ae, solve_mae
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities

Numbers = Mapping[str, float]


def check_objective(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """Lemma 1 against the sum over all masks, for random A and B."""
    S, errors = instance.S, []
    for m in MASK_RATIOS:
        problem = objective(S, instance.index, m, instance.n_latents)
        parameters = rng.standard_normal(2 * len(S) * instance.n_latents)
        A, B = problem.unpack(parameters)
        exact = enumerated_loss(instance.X, instance.index, m, A @ B)
        errors.append(abs(problem.value(parameters) / exact - 1))
    n_masks = 2 ** (int(instance.index.max()) + 1)
    return {"max_relative_error": max(errors)}, n_masks * len(MASK_RATIOS)


def check_no_mask(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """m = 0: Lemma 1 is ||X - X A B||^2, and Theorem 1's W = V^-1 S U U^T is the autoencoder's."""
    X, S, k = instance.X, instance.S, instance.n_latents
    problem = objective(S, instance.index, 0.0, k)
    parameters = rng.standard_normal(2 * len(S) * k)
    A, B = problem.unpack(parameters)
    plain = np.sum((X - X @ A @ B) ** 2)
    encoder, decoder = problem.unpack(critical_point(problem, eigenpairs(problem)[1][:, :k]))
    return {
        "objective_error": abs(problem.value(parameters) / plain - 1),
        "influence_error": _error(encoder @ decoder, solve_ae(S, k).influence),
    }, 1


def check_block_diagonal(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """Remark 1: no correlation between patches, and the MAE is the AE at every mask ratio."""
    same = instance.index[:, None] == instance.index
    solutions = {}
    for name, S in (("block_diagonal", np.where(same, instance.S, 0)), ("full", instance.S)):
        plain = solve_ae(S, instance.n_latents).influence
        masked = [solve_mae(S, instance.index, m, instance.n_latents) for m in MASK_RATIOS]
        solutions[name] = [_error(solution.influence, plain) for solution in masked]
    return {
        "max_influence_difference": max(solutions["block_diagonal"]),
        "min_influence_difference_with_correlations": min(solutions["full"]),
    }, len(MASK_RATIOS)


def check_bias_variance(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """Lemma 6: for one image and a linear map, the loss is bias^2 + variance over the masks."""
    x, index = instance.X[0], instance.index
    W = rng.standard_normal((len(x), len(x)))
    masks = enumerate_masks(int(index.max()) + 1)
    outputs = x * ~masks[:, index] @ W
    errors = {"bias": [], "variance": [], "loss": []}
    for m in MASK_RATIOS:
        weights = mask_probabilities(masks, m)
        mean = weights @ outputs
        bias = np.sum((x - (1 - m) * x @ W) ** 2)
        within = np.where(index[:, None] == index, np.outer(x, x), 0)
        variance = m * (1 - m) * np.trace(W.T @ within @ W)
        exact = {"bias": np.sum((x - mean) ** 2), "variance": weights @ _squares(outputs - mean)}
        exact["loss"] = weights @ _squares(x - outputs)
        for name, closed in (("bias", bias), ("variance", variance), ("loss", bias + variance)):
            errors[name].append(abs(closed / exact[name] - 1))
    return {f"max_{n}_error": max(e) for n, e in errors.items()}, len(masks) * len(MASK_RATIOS)


def check_jacobian(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """W_ij is the derivative of output j by input i: central differences of x -> (x A) B."""
    errors = []
    for m in MASK_RATIOS:
        solution = solve_mae(instance.S, instance.index, m, instance.n_latents)
        x, steps = instance.X[0], 1e-3 * np.eye(len(instance.index))
        ahead, behind = (
            (x + step) @ solution.encoder @ solution.decoder for step in (steps, -steps)
        )
        errors.append(_error((ahead - behind) / 2e-3, solution.influence))
    return {"max_relative_error": max(errors)}, len(MASK_RATIOS)


def check_redundancy(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """A feature shared by all P patches against one of larger variance in a single patch.

    Their variances are as 1 to sqrt(gain), so that variance ranks the local feature first, and
    variance times gain the shared one. Gains are read from the solutions' eigenvalues.
    """
    n_patches, patch_size = int(instance.index.max()) + 1, np.bincount(instance.index)[0]
    cases = []
    for m in MASK_RATIOS:
        gain = redundancy_gain(m, n_patches)
        S, shared = redundant_moment(n_patches, patch_size, np.sqrt(gain), rng)
        plain, masked = solve_ae(S, 2), solve_mae(S, instance.index, m, 2)
        cases.append(
            [
                abs(masked.eigenvalues[0] / plain.eigenvalues[1] / gain - 1),
                abs(masked.eigenvalues[1] / plain.eigenvalues[0] - 1),
                (plain.decoder[0] @ shared) ** 2,
                (masked.decoder[0] @ shared) ** 2,
            ]
        )
    cases = np.array(cases)
    return {
        "max_shared_gain_error": cases[:, 0].max(),
        "max_local_gain_error": cases[:, 1].max(),
        "max_ae_overlap_with_shared": cases[:, 2].max(),
        "min_mae_overlap_with_shared": cases[:, 3].min(),
    }, len(MASK_RATIOS)


def redundant_moment(
    n_patches: int, patch_size: int, local_variance: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(S, shared feature): one pattern common to all patches, with variance 1, the other patterns
    local: one of `local_variance` in the first patch, the rest of 0.1 to 0.5.
    """
    patterns = np.linalg.qr(rng.standard_normal((patch_size, patch_size)))[0]
    shared = np.tile(patterns[:, 0], n_patches) / np.sqrt(n_patches)
    variances = rng.uniform(0.1, 0.5, (n_patches, patch_size - 1))
    variances[0, 0] = local_variance
    local = [patterns[:, 1:] * row @ patterns[:, 1:].T for row in variances]
    return np.outer(shared, shared) + block_diag(*local), shared


def check_rank(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """The rank of W on an Ising chain is the number of latents, for the AE and every MAE."""
    S = ising_chain_moment(len(instance.index), 1.0)
    influences = [solve_ae(S, instance.n_latents).influence] + [
        solve_mae(S, instance.index, m, instance.n_latents).influence for m in MASK_RATIOS
    ]
    ranks = [int(np.linalg.matrix_rank(influence)) for influence in influences]
    numbers = {"min_rank": min(ranks), "max_rank": max(ranks), "n_latents": instance.n_latents}
    return numbers, len(ranks)


def _error(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def _squares(rows: np.ndarray) -> np.ndarray:
    return np.sum(rows**2, axis=1)
