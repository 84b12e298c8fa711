"""The best predictor for each mask against plain least squares."""

import numpy as np
import pytest

from spatial_mae.hierarchy.gaussian_masks import conditional_r_squared
from spatial_mae.hierarchy.gaussian_tree import GaussianTree

TREE = GaussianTree(2, ((1.0, 0.5, 2.0, 1.0),))


def plain(tree, hidden):
    """R^2 of each latent from the hidden pixels' prediction, by pseudo-inverses."""
    S, visible = tree.moment(), ~hidden
    predictor = np.linalg.inv(S[np.ix_(visible, visible)]) @ S[np.ix_(visible, hidden)]
    variance = np.linalg.pinv(
        predictor.T @ S[np.ix_(visible, visible)] @ predictor, rcond=1e-10, hermitian=True
    )
    leaf, found = np.arange(tree.n_pixels), []
    for level, size in enumerate(tree.below):
        above = leaf // size == np.arange(tree.n_pixels // size)[:, None]
        covariance = tree.variances[0][level] * above[:, visible] @ predictor
        r_squared = np.diag(covariance @ variance @ covariance.T) / tree.variances[0][level]
        found.append(r_squared.mean())
    return found


@pytest.mark.parametrize("hidden", [[0], [0, 1], [1, 2, 5], [0, 2, 4, 6], [1, 2, 3, 4, 5, 6, 7]])
def test_r_squared_of_a_mask(hidden):
    mask = np.isin(np.arange(8), hidden)
    np.testing.assert_allclose(conditional_r_squared(TREE, mask), plain(TREE, mask), atol=1e-9)


def test_channels_are_averaged_over_those_with_latents():
    mask = np.isin(np.arange(8), [1, 2, 5])
    two = GaussianTree(2, (TREE.variances[0], (1.0, 0.0, 2.0, 1.0)))
    one = conditional_r_squared(TREE, mask)
    other = conditional_r_squared(GaussianTree(2, two.variances[1:]), mask)
    both = conditional_r_squared(two, mask)
    assert np.isnan(other[1]) and both[1] == pytest.approx(one[1])
    assert both[2] == pytest.approx((one[2] + other[2]) / 2)


@pytest.mark.parametrize("count", [0, 8])
def test_a_mask_that_hides_nothing_or_everything_is_refused(count):
    with pytest.raises(ValueError, match=f"hides {count} of 8 pixels"):
        conditional_r_squared(TREE, np.arange(8) < count)


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(ValueError, match="of bool"):
        conditional_r_squared(TREE, np.ones(4, dtype=bool))


def test_pixels_without_own_variance_are_refused():
    with pytest.raises(ValueError, match=r"their own \(level 0\)"):
        conditional_r_squared(GaussianTree(2, ((0.0, 1.0, 1.0),)), np.arange(4) < 1)
