"""Spatial scale of the Gaussian tree without the matrix, against `linear.influence` with it."""

import numpy as np
import pytest

from spatial_mae.hierarchy.gaussian_reach import distances, profile, reach
from spatial_mae.hierarchy.gaussian_tree import GaussianTree, code_weights, shared_weights
from spatial_mae.linear.hidden import hidden_influence
from spatial_mae.linear.influence import geometry, measure
from spatial_mae.linear.solution import solve_mae


def random_tree(arity, depth, seed=0, channels=1):
    drawn = np.random.default_rng(seed).uniform(0.2, 2.0, (channels, depth + 1))
    return GaussianTree(arity, tuple(map(tuple, drawn.tolist())))


def leaf_of(depth):
    """The leaf of a quad-tree below each pixel of the image, row by row."""
    row, column = np.divmod(np.arange(4**depth), 2**depth)
    bits = [((row >> i & 1) * 2 + (column >> i & 1)) << 2 * i for i in range(depth)]
    return np.sum(bits, axis=0)


@pytest.mark.parametrize(("dimensions", "arity", "depth"), [(1, 2, 4), (1, 3, 2), (2, 4, 2)])
@pytest.mark.parametrize("channels", [1, 2])
def test_reach_is_the_measure_of_the_dense_influence(dimensions, arity, depth, channels):
    tree = random_tree(arity, depth, channels=channels)
    leaf = leaf_of(depth) if dimensions == 2 else np.arange(tree.n_pixels)
    order = (leaf[:, None] * channels + np.arange(channels)).ravel()
    shape = (2**depth, 2**depth) if dimensions == 2 else (1, tree.n_pixels)
    S = tree.moment()[np.ix_(order, order)]
    for unit in range(depth):
        index = tree.unit_index(unit)[order]
        places = geometry(*shape, channels, index)
        dense = solve_mae(S, index, 0.7, len(S)).influence
        hidden = hidden_influence(S, index, 0.7, "bernoulli")
        ours = (
            code_weights(tree, unit, 0.7, len(S)),
            shared_weights(tree, unit, 0.7),
        )
        for W, weights in zip((dense, hidden), ours, strict=True):
            expected = measure(W, places)[0]
            for name, value in reach(tree, weights, unit, dimensions).items():
                assert value == pytest.approx(expected[name], abs=1e-9), name


@pytest.mark.parametrize("seed", range(10))
def test_the_scale_rises_with_the_mask_ratio_and_the_unit(seed):
    """k features of levels from the unit's on: W has no sign, and what counts is e d / (1 - e)."""
    rng = np.random.default_rng(seed)
    tree = GaussianTree(4, (tuple(rng.uniform(0.05, 2, 5).tolist()),))
    k, grid = 4, np.linspace(0.05, 0.95, 7)
    found = np.empty((3, len(grid)))
    for unit in range(3):
        for place, e in enumerate(grid):
            weights = code_weights(tree, unit, e, k)
            assert (profile(tree, weights) >= -1e-12).all()
            found[unit, place] = reach(tree, weights, unit, 2)["mean_distance"]
    assert (np.diff(found, axis=0) > 0).all()
    assert (np.diff(found, axis=1) > 0).all()


@pytest.mark.parametrize("seed", range(10))
def test_signed_influence_always_moves_out(seed):
    """At full rank too: the share of W inside every block falls, whatever the unit."""
    rng = np.random.default_rng(seed)
    tree = GaussianTree(2, (tuple(rng.uniform(0.05, 2, 6).tolist()),))
    pairs = np.diff(tree.below, prepend=0)
    for unit in range(5):
        shares = []
        for e in np.linspace(0, 1, 9):
            influence = profile(tree, code_weights(tree, unit, e, tree.n_pixels))[0] * pairs
            shares.append(np.cumsum(influence)[:-1] / influence.sum())
        assert (np.diff(shares, axis=0) < 0).all()


def test_distances_by_the_lowest_common_latent():
    np.testing.assert_allclose(distances(2, 2, 1), [0, 1, 2])
    np.testing.assert_allclose(distances(4, 1, 2), [0, (2 + np.sqrt(2)) / 3])


def test_an_image_of_another_arity_is_refused():
    with pytest.raises(ValueError, match="dimensions 2 with arity 4"):
        distances(2, 4, 2)
