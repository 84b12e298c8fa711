from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from spatial_mae.linear.hidden import hidden_influence
from spatial_mae.linear.solution import solve_mae
from spatial_mae.masks.patches import same_patch
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities

INDEX = np.repeat([0, 1, 2], 2)
SIZE = len(INDEX)
X = np.random.default_rng(5).standard_normal((20, SIZE)) @ (
    np.random.default_rng(6).standard_normal((SIZE, SIZE)) * np.geomspace(1, 0.2, SIZE)
)
S = X.T @ X
# Four patches of unlike sizes, their coordinates scattered.
SCATTERED = np.array([2, 0, 1, 1, 3, 0, 2, 1])
ROWS = np.random.default_rng(7).standard_normal((40, 8)) @ (
    np.random.default_rng(8).standard_normal((8, 8)) * np.geomspace(1, 0.2, 8)
)


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


def _masked_rows(index, chosen):
    """The signals as each mask leaves them, with the coordinates it hides."""
    for hidden_patches in chosen:
        hidden = np.isin(index, hidden_patches)
        yield np.where(hidden, 0.0, ROWS), hidden


@pytest.mark.parametrize("index", [np.repeat([0, 1, 2, 3], 2), SCATTERED], ids=["even", "uneven"])
@pytest.mark.parametrize("n_hidden", [1, 2, 3])
def test_exact_influence_is_least_squares_over_all_masks_of_so_many_patches(index, n_hidden):
    W = hidden_influence(ROWS.T @ ROWS, index, n_hidden / 4, "exact")
    for patch in range(4):
        chosen = [c for c in combinations(range(4), n_hidden) if patch in c]
        inside, outside = np.flatnonzero(index == patch), np.flatnonzero(index != patch)
        normal, target = np.zeros((8, 8)), np.zeros((8, len(inside)))
        for shown, _ in _masked_rows(index, chosen):
            normal += shown.T @ shown
            target += shown.T @ ROWS[:, inside]
        expected = np.linalg.solve(normal[np.ix_(outside, outside)], target[outside])
        assert np.abs(expected).max() > 0.05
        assert W[np.ix_(outside, inside)] == pytest.approx(expected, rel=1e-9, abs=1e-12)
        assert (W[np.ix_(inside, inside)] == 0).all()


@pytest.mark.parametrize("n_hidden", [1, 2, 3])
def test_no_other_matrix_has_a_lower_error_on_exactly_so_many_hidden_patches(n_hidden):
    def error(W):
        masked = _masked_rows(SCATTERED, combinations(range(4), n_hidden))
        return sum(np.sum((ROWS - shown @ W)[:, hidden] ** 2) for shown, hidden in masked)

    W = hidden_influence(ROWS.T @ ROWS, SCATTERED, n_hidden / 4, "exact")
    best = error(W)
    for seed in range(5):
        nudge = 1e-2 * np.random.default_rng(seed).standard_normal(W.shape)
        nudge[same_patch(SCATTERED)] = 0.0
        up, down = error(W + nudge) - best, error(W - nudge) - best
        # The error is quadratic: without a slope both sides rise alike.
        assert up > 0 and up == pytest.approx(down, rel=1e-6)


def test_of_two_patches_exact_influence_is_plain_regression():
    index = np.repeat([0, 1], [3, 5])
    W = hidden_influence(ROWS.T @ ROWS, index, 0.5, "exact")
    assert W[3:, :3] == pytest.approx(np.linalg.lstsq(ROWS[:, 3:], ROWS[:, :3], rcond=None)[0])
    assert W[:3, 3:] == pytest.approx(np.linalg.lstsq(ROWS[:, :3], ROWS[:, 3:], rcond=None)[0])


def test_exact_masks_are_counted_in_whole_patches():
    second_moments = ROWS.T @ ROWS
    found = hidden_influence(second_moments, SCATTERED, 0.6, "exact")
    assert np.array_equal(found, hidden_influence(second_moments, SCATTERED, 0.5, "exact"))
    assert not np.allclose(found, hidden_influence(second_moments, SCATTERED, 0.75, "exact"))


@pytest.mark.parametrize("mask_ratio", [0.1, 0.5, 0.95])
def test_bernoulli_influence_is_the_closed_form_for_independent_masks(mask_ratio):
    second_moments = ROWS.T @ ROWS
    W = hidden_influence(second_moments, SCATTERED, mask_ratio, "bernoulli")
    expected = solve_mae(second_moments, SCATTERED, mask_ratio, 8, sampling="hidden").influence
    apart = ~same_patch(SCATTERED)
    assert W[apart] == pytest.approx(expected[apart], rel=1e-12)
    assert (W[~apart] == 0).all()


def test_the_law_of_the_masks_matters():
    exact, bernoulli = (
        hidden_influence(ROWS.T @ ROWS, SCATTERED, 0.25, law) for law in ("exact", "bernoulli")
    )
    assert np.abs(exact - bernoulli).max() > 0.05


@pytest.mark.parametrize(
    ("mask_ratio", "sampling", "message"),
    [
        (0.0, "exact", "mask ratio 0.0 of 4 patches hides none or all"),
        (0.0, "bernoulli", "mask ratio 0.0 of 4 patches hides none or all"),
        (0.1, "exact", "mask ratio 0.1 of 4 patches hides none or all"),
        (0.9, "exact", "mask ratio 0.9 of 4 patches hides none or all"),
        (1.0, "bernoulli", r"mask ratio 1.0 is outside \[0, 1\)"),
        (-0.5, "exact", r"mask ratio -0.5 is outside \[0, 1\)"),
        (0.5, "hidden", "sampling 'hidden' has no such closed form; use bernoulli or exact"),
        (0.5, "poisson", "sampling 'poisson'"),
    ],
)
def test_masks_without_a_hidden_and_a_visible_patch_have_no_influence(
    mask_ratio, sampling, message
):
    with pytest.raises(ValueError, match=message):
        hidden_influence(ROWS.T @ ROWS, SCATTERED, mask_ratio, sampling)


def test_influence_of_moments_that_do_not_fit_is_an_error():
    with pytest.raises(ValueError, match="is singular"):
        hidden_influence(np.ones((4, 4)), np.array([0, 0, 1, 1]), 0.5, "exact")
    with pytest.raises(ValueError, match=r"patch_index has shape \(8,\) but S has 6"):
        hidden_influence(S, SCATTERED, 0.5, "exact")
    with pytest.raises(ValueError, match="not symmetric"):
        hidden_influence(np.triu(S), INDEX, 0.5, "exact")


def test_fewer_images_than_coordinates_ask_for_a_ridge():
    X = np.random.default_rng(0).standard_normal((5, 8))
    with pytest.raises(ValueError, match="fewer images than coordinates .* add a ridge"):
        hidden_influence(X.T @ X, np.repeat([0, 1, 2, 3], 2), 0.25, "exact")
