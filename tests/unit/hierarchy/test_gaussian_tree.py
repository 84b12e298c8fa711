"""The closed forms of the Gaussian tree against dense solutions and sums over all masks."""

import itertools

import numpy as np
import pytest

from spatial_mae.hierarchy.gaussian_tree import (
    GaussianTree,
    code_weights,
    count_features,
    crossings,
    explained,
    gains,
    mean_level,
    shared_weights,
)
from spatial_mae.hierarchy.structural import Equations, QuadTreeModel
from spatial_mae.linear.hidden import hidden_influence
from spatial_mae.linear.objective import enumerated_loss
from spatial_mae.linear.solution import solve_mae
from spatial_mae.linear.visibility import visibility
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities

TREES = [(2, 3), (2, 4), (3, 2), (4, 2), (4, 1)]
SETTINGS = [(b, h, u) for b, h in TREES for u in range(h)]
ENUMERABLE = [(b, h, u) for b, h, u in SETTINGS if b ** (h - u) <= 9]


def random_tree(arity, depth, seed=0, channels=1):
    drawn = np.random.default_rng(seed).uniform(0.2, 2.0, (channels, depth + 1))
    return GaussianTree(arity, tuple(map(tuple, drawn.tolist())))


def dense_weights(tree, weights):
    """W (N, N) of one channel from one number for each level."""
    W = np.zeros((tree.n_pixels, tree.n_pixels))
    projectors = [_averages(tree, level) for level in range(tree.depth + 1)]
    for level, weight in enumerate(weights[0]):
        above = projectors[level + 1] if level < tree.depth else 0
        W += weight * (projectors[level] - above)
    return W


def _averages(tree, level):
    block = np.arange(tree.n_pixels) // tree.below[level]
    return (block[:, None] == block) / tree.below[level]


def latents(tree, level):
    """Covariance of a level's latents with the pixels: (n_h, N)."""
    block = np.arange(tree.n_pixels) // tree.below[level]
    return tree.variances[0][level] * (np.arange(block[-1] + 1)[:, None] == block)


@pytest.mark.parametrize(("arity", "depth", "unit"), SETTINGS)
@pytest.mark.parametrize(("law", "hidden"), [("bernoulli", 1), ("exact", 1), ("exact", -1)])
def test_the_spectrum_is_that_of_the_dense_solution(arity, depth, unit, law, hidden):
    tree = random_tree(arity, depth)
    n_units = tree.n_units(unit)
    m = (hidden % n_units) / n_units
    dense = solve_mae(tree.moment(), tree.unit_index(unit), m, tree.n_pixels, sampling=law)
    found = gains(tree, unit, visibility(m, n_units, law).effective)
    repeated = np.sort(np.repeat(found[0], tree.dimensions))[::-1]
    np.testing.assert_allclose(repeated, dense.eigenvalues, rtol=1e-10)


@pytest.mark.parametrize(("arity", "depth", "unit"), ENUMERABLE)
@pytest.mark.parametrize("m", [0.2, 0.7])
def test_w_reaches_the_minimum_over_all_masks(arity, depth, unit, m):
    tree = random_tree(arity, depth, seed=3)
    S, index = tree.moment(), tree.unit_index(unit)
    for level in range(depth + 1):
        k = tree.n_pixels // int(tree.below[level])
        W = dense_weights(tree, code_weights(tree, unit, m, k))
        best = solve_mae(S, index, m, k).loss
        assert enumerated_loss(np.linalg.cholesky(S).T, index, m, W) == pytest.approx(best)


@pytest.mark.parametrize(("arity", "depth", "unit"), SETTINGS)
def test_w_of_the_loss_on_hidden_patches(arity, depth, unit):
    tree = random_tree(arity, depth, seed=1)
    S, index, n = tree.moment(), tree.unit_index(unit), tree.n_units(unit)
    for m, law, effective in [(0.3, "bernoulli", 0.3), ((n - 1) / n, "exact", 1.0)]:
        if n < 3:
            effective = effective if law == "bernoulli" else 0.0
        W = dense_weights(tree, shared_weights(tree, unit, effective))
        np.testing.assert_allclose(W, hidden_influence(S, index, m, law), atol=1e-10)


def test_masked_moments_by_enumeration_have_the_haar_basis():
    tree = random_tree(2, 3, seed=2)
    unit, m = 1, 0.4
    masks = enumerate_masks(tree.n_units(unit))
    seen = ~masks[:, tree.unit_index(unit)]
    S = tree.moment()
    weights = mask_probabilities(masks, m)
    masked = sum(w * S * np.outer(r, r) for w, r in zip(weights, seen, strict=True))
    expected = dense_weights(tree, (1 - m) * tree.masked(unit, m))
    np.testing.assert_allclose(masked, expected, atol=1e-12)


def test_units_that_do_not_fit_the_tree_leave_its_basis():
    tree = random_tree(2, 3, seed=2)
    S = tree.moment()
    displaced = (np.arange(8) + 1) % 8 // 2
    for index, fits in ((tree.unit_index(1), True), (displaced, False)):
        V = np.where(index[:, None] == index, S, 0.5 * S)
        swap = np.array([2, 3, 0, 1, 4, 5, 6, 7])  # a symmetry of the tree
        assert np.allclose(V[np.ix_(swap, swap)], V) == fits


def test_every_symmetry_leaves_pairs_of_h_plus_1_kinds():
    """As many orbits of pairs as Haar spaces: each is irreducible and no two are alike."""
    for arity, depth in TREES:
        tree = random_tree(arity, depth)
        leaf = np.arange(tree.n_pixels)
        common = sum((leaf[:, None] // n == leaf // n).astype(int) for n in tree.below)
        assert len(np.unique(common)) == depth + 1 == len(tree.dimensions)
        assert tree.dimensions.sum() == tree.n_pixels


@pytest.mark.parametrize(("arity", "depth", "unit"), SETTINGS)
def test_r_squared_is_that_of_any_of_the_best_features(arity, depth, unit):
    tree, m = random_tree(arity, depth, seed=4), 0.6
    S = tree.moment()
    V = dense_weights(tree, tree.masked(unit, m))
    for k in range(1, tree.n_pixels + 1):
        A = solve_mae(S, tree.unit_index(unit), m, k).encoder
        counts = count_features(tree, unit, m, k)
        for spread, moment in ((None, S), (tree.masked(unit, m) / (1 - m), V / (1 - m))):
            root = np.linalg.inv(np.linalg.cholesky(A.T @ moment @ A))
            expected = [
                np.sum((latents(tree, h) @ A @ root.T) ** 2, axis=1).mean() / tree.variances[0][h]
                for h in range(depth + 1)
            ]
            np.testing.assert_allclose(explained(tree, counts, spread), expected, atol=1e-9)


def test_k_features_explain_k_latents_in_all():
    tree = random_tree(4, 3, seed=5)
    for k in (1, 5, 17, 64):
        found = explained(tree, count_features(tree, 1, 0.5, k))
        assert found @ (tree.n_pixels // tree.below) == pytest.approx(k)


@pytest.mark.parametrize("seed", range(8))
def test_features_change_at_the_crossings_and_nowhere_else(seed):
    rng = np.random.default_rng(seed)
    variances = rng.uniform(0.05, 1, (1 + seed % 2, 5)) * 3.0 ** np.arange(5)
    tree = GaussianTree(2, tuple(map(tuple, variances.tolist())))
    for unit in range(4):
        places = [0.0, *(c.effective for c in crossings(tree, unit)), 1.0]
        orders = []
        for low, high in itertools.pairwise(places):
            inner = [low + share * (high - low) for share in (0.1, 0.5, 0.9)]
            same = {tuple(np.argsort(gains(tree, unit, e).ravel())) for e in inner}
            assert len(same) == 1
            orders.append(same.pop())
        assert all(a != b for a, b in itertools.pairwise(orders))


@pytest.mark.parametrize("seed", range(20))
def test_in_one_channel_the_level_never_rises_with_the_mask_ratio(seed):
    rng = np.random.default_rng(seed)
    tree = GaussianTree(2, (tuple((rng.uniform(0.05, 1, 6) * 2.0 ** np.arange(6)).tolist()),))
    for unit in range(5):
        found = crossings(tree, unit)
        assert all(c.rising[1] < unit <= c.falling[1] for c in found)
        own, inside = tree.eigenvalues[0], tree.inside(unit)[0]
        assert bool(found) == (unit > 0 and own[unit] ** 2 < own[unit - 1] * inside[unit])
        for k in (1, 3, 8, 20):
            levels = [
                mean_level(tree, explained(tree, count_features(tree, unit, e, k)))
                for e in np.linspace(0, 1, 21)
            ]
            assert (np.diff(levels) < 1e-12).all()
            if not found:
                assert max(levels) == min(levels)


def test_the_first_crossing_of_one_channel():
    tree = GaussianTree.geometric(4, 6, 2.0)
    own, variance = tree.eigenvalues[0], tree.variances[0]
    expected = own[1] * variance[1] / (own[0] * sum(variance[2:]))
    assert crossings(tree, 1)[0].effective == pytest.approx(expected)


def test_with_two_channels_the_level_can_rise():
    """The counterexample: a local channel of larger variance, a shared one of smaller."""
    tree = GaussianTree(4, ((0.0, 1.0), (5.0, 0.0)))
    (crossing,) = {c.effective for c in crossings(tree, 0) if c.rising == (0, 1)}
    assert crossing == pytest.approx(4 / 15)
    levels = [mean_level(tree, explained(tree, count_features(tree, 0, e, 1))) for e in (0.2, 0.3)]
    assert levels == [0.0, 1.0]
    S, index = tree.moment(), tree.unit_index(0)
    for m, variance in ((0.2, 0), (0.3, 1)):  # the decoder's channel is the shared one or not
        shared = solve_mae(S, index, m, 1, ridge=1e-9).decoder[0, ::2]
        assert np.sum(shared**2) == pytest.approx(variance, abs=1e-6)


def test_channels_are_the_dense_problem_too():
    tree = random_tree(2, 3, seed=6, channels=2)
    dense = solve_mae(tree.moment(), tree.unit_index(1), 0.6, 16)
    size = np.broadcast_to(tree.dimensions, (2, 4)).ravel()
    found = np.repeat(gains(tree, 1, 0.6).ravel(), size)
    np.testing.assert_allclose(np.sort(found)[::-1], dense.eigenvalues, rtol=1e-10)


@pytest.mark.parametrize("unit", [0, 1])
def test_linear_images_of_known_latents_are_such_a_tree(unit):
    """The data source `hierarchical` at strength 0: each channel has latents of one level."""
    model = QuadTreeModel.draw(np.random.default_rng(0), (1, 2, 3), Equations(2, 0.0, 1.5))
    places = model.patches(np.eye(model.n_noises)).reshape(model.n_noises, -1)
    channels = [(0, 0, 1)] + 2 * [(0, 1, 0)] + 3 * [(1, 0, 0)]
    tree = GaussianTree(4, tuple(tuple(map(float, c)) for c in channels))
    values = np.repeat(tree.eigenvalues.ravel(), np.tile(tree.dimensions, 6))
    np.testing.assert_allclose(np.linalg.eigvalsh(places.T @ places), np.sort(values), atol=1e-10)
    assert crossings(tree, unit) == []
    known = explained(tree, count_features(tree, unit, 0.9, 1 + 4 * 2))
    np.testing.assert_allclose(known, [0, 1, 1], atol=1e-12)


def test_a_level_without_variance_has_no_latents():
    tree = GaussianTree(2, ((1.0, 0.0, 0.5, 1.0),))
    found = explained(tree, count_features(tree, 1, 0.5, 3))
    assert np.isnan(found[1]) and np.isfinite(found[[0, 2, 3]]).all()
    assert mean_level(tree, found) > 1
    dense = solve_mae(tree.moment(), tree.unit_index(1), 0.5, 8)
    repeated = np.sort(np.repeat(gains(tree, 1, 0.5)[0], tree.dimensions))[::-1]
    np.testing.assert_allclose(repeated, dense.eigenvalues, rtol=1e-10)


def test_equal_gains_give_the_higher_level_first():
    tree = GaussianTree(2, ((1.0, 0.0, 0.0, 1.0),))
    assert count_features(tree, 0, 0.5, 2).tolist() == [[0, 0, 1, 1]]
    assert count_features(tree, 0, 0.5, 3).tolist() == [[0, 1, 1, 1]]


@pytest.mark.parametrize(
    ("arity", "variances", "message"),
    [
        (1, ((1.0, 1.0),), "arity of at least 2"),
        (2, ((1.0,),), "two or more"),
        (2, ((1.0, 1.0), (1.0, 1.0, 1.0)), "equally many variances"),
        (2, ((1.0, -0.5),), "finite number of 0 or more"),
        (2, ((1.0, float("nan")),), "finite number of 0 or more"),
        (2, ((1.0, 1.0), (0.0, 0.0)), "0 on every level"),
        (2, ((1.0,) * 22,), "use at most"),
    ],
)
def test_a_tree_that_cannot_be_is_refused(arity, variances, message):
    with pytest.raises(ValueError, match=message):
        GaussianTree(arity, variances)


@pytest.mark.parametrize("unit", [-1, 3, 4])
def test_a_unit_that_does_not_divide_the_tree_is_refused(unit):
    tree = random_tree(2, 3)
    for call in (tree.inside, tree.n_units, tree.unit_index):
        with pytest.raises(ValueError, match=r"blocks of a level in 0\.\.2"):
            call(unit)


@pytest.mark.parametrize("k", [0, 9])
def test_more_features_than_pixels_are_refused(k):
    with pytest.raises(ValueError, match=r"must be in 1\.\.8"):
        count_features(random_tree(2, 3), 0, 0.5, k)


def test_a_singular_predictor_is_refused():
    tree = GaussianTree(2, ((0.0, 1.0, 1.0),))
    with pytest.raises(ValueError, match="hide more units"):
        shared_weights(tree, 0, 0.0)
    assert np.isfinite(shared_weights(tree, 0, 0.5)).all()
