from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from spatial_mae.linear.solution import mae_losses, solve_ae, solve_dae, solve_mae
from spatial_mae.masks.patches import same_patch
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities

INDEX = np.repeat([0, 1, 2, 3], 2)
SIZE = len(INDEX)


def _samples(n: int = 30) -> np.ndarray:
    """Correlated rows, with variances far apart."""
    rng = np.random.default_rng(3)
    mixing = rng.standard_normal((SIZE, SIZE)) * np.geomspace(1, 0.1, SIZE)
    return rng.standard_normal((n, SIZE)) @ mixing


X = _samples()
S = X.T @ X


def _enumerated(W: np.ndarray, masks: np.ndarray, weights: np.ndarray, hidden_only=False) -> float:
    """E_R ||X - (R * X) W||^2 by its definition: the sum over all masks."""
    total = 0.0
    for mask, weight in zip(masks[:, INDEX], weights, strict=True):
        error = X - np.where(mask, 0.0, X) @ W
        total += weight * np.sum(error[:, mask] ** 2 if hidden_only else error**2)
    return total


def _bernoulli(mask_ratio: float) -> tuple[np.ndarray, np.ndarray]:
    masks = enumerate_masks(4)
    return masks, mask_probabilities(masks, mask_ratio)


def _exact(n_hidden: int) -> tuple[np.ndarray, np.ndarray]:
    masks = np.zeros((len(list(combinations(range(4), n_hidden))), 4), bool)
    for mask, hidden in zip(masks, combinations(range(4), n_hidden), strict=True):
        mask[list(hidden)] = True
    return masks, np.full(len(masks), 1 / len(masks))


def _best_by_descent(masks: np.ndarray, weights: np.ndarray, k: int) -> list[float]:
    """Minima that L-BFGS finds from random starts, on the objective summed over masks."""
    visible = [np.where(mask, 0.0, X) for mask in masks[:, INDEX]]

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        A, B = flat[: SIZE * k].reshape(SIZE, k), flat[SIZE * k :].reshape(k, SIZE)
        value, gradient_A, gradient_B = 0.0, np.zeros_like(A), np.zeros_like(B)
        for part, weight in zip(visible, weights, strict=True):
            code = part @ A
            error = code @ B - X
            value += weight * np.sum(error**2)
            gradient_A += 2 * weight * part.T @ error @ B.T
            gradient_B += 2 * weight * code.T @ error
        return value, np.concatenate([gradient_A.ravel(), gradient_B.ravel()])

    rng = np.random.default_rng(0)
    starts = [rng.standard_normal(2 * SIZE * k) * 0.3 for _ in range(4)]
    options = {"maxiter": 20_000, "maxfun": 20_000, "ftol": 1e-15, "gtol": 1e-10}
    found = [minimize(objective, x, jac=True, method="L-BFGS-B", options=options) for x in starts]
    return [result.fun for result in found]


@pytest.mark.parametrize("mask_ratio", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("k", [1, 3, 8])
def test_the_loss_is_the_objective_summed_over_all_masks(mask_ratio, k):
    solution = solve_mae(S, INDEX, mask_ratio, k)
    assert solution.encoder.shape == (SIZE, k)
    assert solution.decoder.shape == (k, SIZE)
    expected = _enumerated(solution.influence, *_bernoulli(mask_ratio))
    assert solution.loss == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("n_hidden", [1, 2, 3])
def test_exact_counts_match_their_enumeration(n_hidden):
    solution = solve_mae(S, INDEX, n_hidden / 4, 3, sampling="exact")
    expected = _enumerated(solution.influence, *_exact(n_hidden))
    assert solution.loss == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("sampling", "law"), [("bernoulli", _bernoulli(0.5)), ("exact", _exact(2))]
)
def test_descent_from_random_starts_finds_no_lower_minimum(sampling, law):
    loss = solve_mae(S, INDEX, 0.5, 2, sampling=sampling).loss
    found = _best_by_descent(*law, 2)
    assert min(found) == pytest.approx(loss, rel=1e-8)
    assert all(value >= loss * (1 - 1e-12) for value in found)


def test_plain_gradient_descent_arrives_at_the_same_minimum():
    m, k = 0.4, 2
    V = np.where(same_patch(INDEX), S, (1 - m) * S)
    rng = np.random.default_rng(1)
    A, B = rng.standard_normal((SIZE, k)) * 0.1, rng.standard_normal((k, SIZE)) * 0.1
    step = 0.1 / np.linalg.norm(S, 2)
    for _ in range(60_000):
        slope = V @ A @ B - S
        A, B = A - step * slope @ B.T, B - step * A.T @ slope
    reached = np.trace(S) - 2 * (1 - m) * np.vdot(S, A @ B) + (1 - m) * np.vdot(A @ B, V @ A @ B)
    assert reached == pytest.approx(solve_mae(S, INDEX, m, k).loss, rel=1e-9)


def test_eigenvectors_of_S_are_measurably_worse():
    """The tempting mistake costs little: the tolerance of these tests must be able to see it."""
    m, k = 0.5, 3
    V = np.where(same_patch(INDEX), S, (1 - m) * S)
    U = np.linalg.eigh(S)[1][:, -k:]
    mistaken = _enumerated(np.linalg.solve(V, S) @ U @ U.T, *_bernoulli(m))
    excess = mistaken / solve_mae(S, INDEX, m, k).loss - 1
    assert 1e-6 < excess < 0.1


def test_W_does_not_depend_on_the_basis_of_the_latents():
    solution = solve_mae(S, INDEX, 0.5, 3)
    C = np.random.default_rng(0).standard_normal((3, 3))
    mixed = (solution.encoder @ C) @ np.linalg.solve(C, solution.decoder)
    assert mixed == pytest.approx(solution.influence, abs=1e-12)
    assert solution.decoder @ solution.decoder.T == pytest.approx(np.eye(3), abs=1e-13)


def test_eigenvalues_are_those_of_S_V_inverse_S():
    V = np.where(same_patch(INDEX), S, 0.5 * S)
    expected = np.linalg.eigvalsh(S @ np.linalg.solve(V, S))[::-1]
    assert solve_mae(S, INDEX, 0.5, 2).eigenvalues == pytest.approx(expected, rel=1e-9)


def test_without_masking_the_mae_is_the_ae():
    mae, ae = solve_mae(S, INDEX, 0.0, 3), solve_ae(S, 3)
    assert mae.loss == ae.loss
    assert np.array_equal(mae.influence, ae.influence)
    assert ae.loss == pytest.approx(np.linalg.eigvalsh(S)[:-3].sum(), rel=1e-12)
    exact = solve_mae(S, INDEX, 0.0, 3, sampling="exact")
    assert exact.loss == ae.loss


def test_without_masking_singular_moments_need_no_ridge():
    singular = np.diag([2.0, 1.0, 0.0, 0.0])
    assert solve_mae(singular, np.array([0, 0, 1, 1]), 0.0, 2).loss == pytest.approx(0)
    assert mae_losses(singular, np.array([0, 0, 1, 1]), [0.0])[0] == pytest.approx([1, 0, 0, 0])


def test_with_a_block_diagonal_S_every_mask_ratio_gives_the_ae():
    blocks = np.where(same_patch(INDEX), S, 0.0)
    expected = solve_ae(blocks, 3).influence
    for mask_ratio in (0.2, 0.8):
        assert solve_mae(blocks, INDEX, mask_ratio, 3).influence == pytest.approx(
            expected, abs=1e-10
        )


@pytest.mark.parametrize("noise_variance", [0.0, 0.3])
def test_the_dae_minimises_its_objective(noise_variance):
    k, penalty = 2, len(X) * noise_variance
    solution = solve_dae(S, k, noise_variance, len(X))

    def objective(flat):
        A, B = flat[: SIZE * k].reshape(SIZE, k), flat[SIZE * k :].reshape(k, SIZE)
        W = A @ B
        slope = 2 * ((S + penalty * np.eye(SIZE)) @ W - S)
        value = np.sum((X - X @ W) ** 2) + penalty * np.sum(W**2)
        return value, np.concatenate([(slope @ B.T).ravel(), (A.T @ slope).ravel()])

    start = np.random.default_rng(0).standard_normal(2 * SIZE * k) * 0.3
    options = {"maxiter": 20_000, "maxfun": 20_000, "ftol": 1e-15, "gtol": 1e-10}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    assert found.fun == pytest.approx(solution.loss, rel=1e-8)
    at_solution = objective(np.concatenate([solution.encoder.ravel(), solution.decoder.ravel()]))[0]
    assert at_solution == pytest.approx(solution.loss, rel=1e-12)


def test_the_dae_without_noise_is_the_ae():
    assert solve_dae(S, 3, 0.0, 1).influence == pytest.approx(solve_ae(S, 3).influence, abs=1e-12)


def test_scaling_S_scales_the_loss_and_leaves_W():
    small, large = solve_mae(S, INDEX, 0.5, 3), solve_mae(1e6 * S, INDEX, 0.5, 3)
    assert large.loss == pytest.approx(1e6 * small.loss)
    assert large.influence == pytest.approx(small.influence, abs=1e-9)


def test_losses_of_all_ks_match_the_solutions():
    losses = mae_losses(S, INDEX, [0.0, 0.3, 0.9], ridge=0.1)
    assert losses.shape == (3, SIZE)
    for row, mask_ratio in zip(losses, [0.0, 0.3, 0.9], strict=True):
        expected = [solve_mae(S, INDEX, mask_ratio, k, 0.1).loss for k in range(1, SIZE + 1)]
        assert row == pytest.approx(expected, rel=1e-10)


def test_a_ridge_mends_singular_moments():
    singular = np.ones((4, 4))
    index = np.array([0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"D, .* is singular: .* \(d = 4 .*add a ridge"):
        solve_mae(singular, index, 0.5, 1)
    with pytest.raises(ValueError, match="is singular"):
        mae_losses(singular, index, [0.5])
    assert solve_mae(singular, index, 0.5, 1, ridge=1e-6).loss < np.trace(singular)


def test_few_images_are_noticed_through_rounding():
    few = np.random.default_rng(0).standard_normal((3, 32))
    with pytest.raises(ValueError, match="is singular"):
        solve_mae(few.T @ few, np.repeat([0, 1], 16), 0.5, 2)


@pytest.mark.parametrize("mask_ratio", [-0.1, 1.0, 2.0])
def test_mask_ratios_outside_the_range_are_refused(mask_ratio):
    for sampling in ("bernoulli", "exact", "hidden"):
        with pytest.raises(ValueError, match="outside"):
            solve_mae(S, INDEX, mask_ratio, 2, sampling=sampling)
    with pytest.raises(ValueError, match="outside"):
        mae_losses(S, INDEX, [0.5, mask_ratio])


@pytest.mark.parametrize("k", [0, SIZE + 1])
def test_numbers_of_latents_outside_the_range_are_refused(k):
    for solve in (solve_ae, lambda S, k: solve_mae(S, INDEX, 0.5, k)):
        with pytest.raises(ValueError, match=f"n_latents = {k} is outside 1 to {SIZE}"):
            solve(S, k)


def test_bad_moments_are_refused():
    with pytest.raises(ValueError, match=r"shape \(8,\) but S has 6"):
        solve_mae(S[:6, :6], INDEX, 0.5, 2)
    with pytest.raises(ValueError, match="not symmetric"):
        solve_ae(np.triu(S), 2)
    with pytest.raises(ValueError, match="1 entries that are not finite"):
        solve_ae(np.where(np.eye(SIZE) * np.arange(SIZE) == 1, np.nan, S), 2)
    with pytest.raises(ValueError, match="expected a square matrix"):
        solve_ae(X, 2)
    with pytest.raises(ValueError, match="ridge = -1"):
        solve_mae(S, INDEX, 0.5, 2, ridge=-1)
    with pytest.raises(ValueError, match="n \\* noise_variance"):
        solve_dae(S, 2, -1.0, 1)
    with pytest.raises(ValueError, match="below 0"):
        solve_mae(np.array([[1.0, 3.0], [3.0, 1.0]]), np.array([0, 1]), 0.1, 1)


def test_laws_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="whole number of 4 patches; the nearest that does is 0.5"):
        solve_mae(S, INDEX, 0.6, 2, sampling="exact")
    with pytest.raises(ValueError, match="did you mean 'bernoulli'"):
        solve_mae(S, INDEX, 0.6, 2, sampling="bernouli")
