import numpy as np
import pytest
from scipy.optimize import minimize

from spatial_mae.linear.solution import solve_mae
from spatial_mae.masking import enumerate_masks, mask_probabilities
from spatial_mae.patches import same_patch

INDEX = np.repeat([0, 1, 2], 2)
SIZE = len(INDEX)
X = np.random.default_rng(5).standard_normal((20, SIZE)) @ (
    np.random.default_rng(6).standard_normal((SIZE, SIZE)) * np.geomspace(1, 0.2, SIZE)
)
S = X.T @ X


def _enumerated(W: np.ndarray, mask_ratio: float) -> float:
    masks = enumerate_masks(3)
    total = 0.0
    for mask, weight in zip(masks[:, INDEX], mask_probabilities(masks, mask_ratio), strict=True):
        error = X - np.where(mask, 0.0, X) @ W
        total += weight * np.sum(error[:, mask] ** 2)
    return total


@pytest.mark.parametrize("mask_ratio", [0.2, 0.8])
@pytest.mark.parametrize("k", [1, 2, 4, 5, SIZE])
def test_the_loss_is_the_hidden_objective_summed_over_all_masks(mask_ratio, k):
    solution = solve_mae(S, INDEX, mask_ratio, k, sampling="hidden")
    assert solution.encoder.shape == (SIZE, k)
    assert solution.loss == pytest.approx(_enumerated(solution.influence, mask_ratio), rel=1e-10)


@pytest.mark.parametrize("k", [1, 2])
def test_descent_on_the_objective_itself_finds_no_lower_minimum(k):
    solution = solve_mae(S, INDEX, 0.5, k, sampling="hidden")

    def objective(flat):
        A, B = flat[: SIZE * k].reshape(SIZE, k), flat[SIZE * k :].reshape(k, SIZE)
        return _enumerated(A @ B, 0.5)

    rng = np.random.default_rng(0)
    starts = [rng.standard_normal(2 * SIZE * k) * 0.3 for _ in range(2)]
    options = {"maxfun": 100_000, "ftol": 1e-14, "gtol": 1e-8}
    found = min(minimize(objective, x, method="L-BFGS-B", options=options).fun for x in starts)
    assert solution.loss == pytest.approx(found, rel=1e-6)


def test_full_rank_is_least_squares_per_patch_with_no_weight_inside_patches():
    W = solve_mae(S, INDEX, 0.5, SIZE, sampling="hidden").influence
    assert (W[same_patch(INDEX)] == 0).all()
    V = np.where(same_patch(INDEX), S, 0.5 * S)
    for patch in range(3):
        b, rest = np.flatnonzero(patch == INDEX), np.flatnonzero(patch != INDEX)
        expected = np.linalg.solve(V[np.ix_(rest, rest)], S[np.ix_(rest, b)])
        assert W[np.ix_(rest, b)] == pytest.approx(expected, rel=1e-9)
    rng = np.random.default_rng(0)
    best = _enumerated(W, 0.5)
    for _ in range(20):
        nudge = 1e-3 * rng.standard_normal(W.shape)
        assert _enumerated(W + nudge, 0.5) > best - 1e-12
        inside = np.where(same_patch(INDEX), nudge, 0.0)
        assert _enumerated(W + inside, 0.5) == pytest.approx(best, rel=1e-12)


def test_losses_fall_with_the_number_of_latents():
    losses = [solve_mae(S, INDEX, 0.5, k, sampling="hidden").loss for k in range(1, SIZE + 1)]
    assert all(b <= a * (1 + 1e-9) for a, b in zip(losses, losses[1:], strict=False))


def test_nothing_hidden_is_an_error():
    with pytest.raises(ValueError, match="mask ratio 0 hides nothing"):
        solve_mae(S, INDEX, 0.0, 2, sampling="hidden")


def test_singular_moments_are_an_error():
    with pytest.raises(ValueError, match="is singular"):
        solve_mae(np.ones((4, 4)), np.array([0, 0, 1, 1]), 0.5, 1, sampling="hidden")
