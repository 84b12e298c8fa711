import numpy as np
import pytest

from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities, sample_masks


def test_enumeration_has_each_mask_once_and_probabilities_that_sum_to_one():
    masks = enumerate_masks(4)
    assert masks.shape == (16, 4)
    assert len(np.unique(masks, axis=0)) == 16
    probabilities = mask_probabilities(masks, 0.3)
    assert probabilities.sum() == pytest.approx(1)
    # The chance that a given patch is hidden is the mask ratio.
    assert probabilities @ masks == pytest.approx([0.3] * 4)


def test_bernoulli_masks_follow_their_law():
    masks = sample_masks(np.random.default_rng(0), 40_000, 3, 0.3)
    counts = np.bincount(masks @ [1, 2, 4], minlength=8) / len(masks)
    expected = mask_probabilities(enumerate_masks(3), 0.3)
    assert counts == pytest.approx(expected, abs=5 * 0.5 / np.sqrt(len(masks)))


def test_exact_masks_hide_a_fixed_count_uniformly():
    masks = sample_masks(np.random.default_rng(0), 20_000, 4, 0.5, "exact")
    assert (masks.sum(axis=1) == 2).all()
    patterns, counts = np.unique(masks @ [1, 2, 4, 8], return_counts=True)
    assert len(patterns) == 6
    assert counts / len(masks) == pytest.approx([1 / 6] * 6, abs=0.02)


def test_the_same_seed_draws_the_same_masks():
    first, second = (sample_masks(np.random.default_rng(7), 50, 16, 0.75) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("mask_ratio", [-0.1, 1.0, 1.5, float("nan")])
def test_mask_ratios_outside_the_range_are_refused(mask_ratio):
    with pytest.raises(ValueError, match="outside"):
        sample_masks(np.random.default_rng(0), 1, 4, mask_ratio)
    with pytest.raises(ValueError, match="outside"):
        mask_probabilities(enumerate_masks(2), mask_ratio)


def test_unknown_laws_and_endless_enumerations_are_refused():
    with pytest.raises(ValueError, match="'uniform' is unknown; use one of bernoulli, exact"):
        sample_masks(np.random.default_rng(0), 1, 4, 0.5, "uniform")
    with pytest.raises(ValueError, match="21 patches"):
        enumerate_masks(21)
