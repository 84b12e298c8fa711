import numpy as np
import pytest

from spatial_mae.linear.spectrum import (
    SpectrumRecipe,
    averaged_mask_power,
    expand_masks,
    expected_mask_power,
    frequency_rows,
    power,
    pulse_power,
    spectrum_rows,
    visibility_moments,
)
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities


def enumerated_power(size, patch_size, mask_ratio, dimensions, sampling):
    """The expectation over all masks, each transformed by the FFT."""
    masks = enumerate_masks((size // patch_size) ** dimensions)
    if sampling == "exact":
        chosen = masks.sum(axis=1) == round(mask_ratio * masks.shape[1])
        masks = masks[chosen]
        weights = np.full(len(masks), 1 / len(masks))
    else:
        weights = mask_probabilities(masks, mask_ratio)
    powers = power(expand_masks(masks, patch_size, dimensions), dimensions)
    return np.tensordot(weights, powers, axes=1)


@pytest.mark.parametrize("sampling", ["bernoulli", "exact"])
@pytest.mark.parametrize("mask_ratio", [0.0, 0.25, 0.6])
@pytest.mark.parametrize(
    ("size", "patch_size", "dimensions"), [(12, 3, 1), (8, 1, 1), (6, 6, 1), (6, 2, 2), (4, 2, 2)]
)
def test_closed_form_equals_the_sum_over_masks(size, patch_size, dimensions, mask_ratio, sampling):
    setting = (size, patch_size, mask_ratio, dimensions, sampling)
    np.testing.assert_allclose(
        expected_mask_power(*setting), enumerated_power(*setting), rtol=1e-12, atol=1e-12
    )


def test_dirichlet_kernel_is_the_transform_of_a_pulse():
    pulse = np.arange(12) < 4
    expected = np.abs(np.fft.fft(pulse)) ** 2
    np.testing.assert_allclose(pulse_power(12, 4), expected, atol=1e-12)
    assert np.flatnonzero(pulse_power(12, 4) == 0).tolist() == [3, 6, 9]


@pytest.mark.parametrize("sampling", ["bernoulli", "exact"])
def test_mean_power_is_the_share_of_visible_pixels(sampling):
    expected = expected_mask_power(16, 4, 0.25, 2, sampling)
    assert expected.mean() == pytest.approx(0.75)


@pytest.mark.parametrize("sampling", ["bernoulli", "exact"])
def test_average_over_sampled_masks_agrees(sampling):
    rng = np.random.default_rng(0)
    averaged, error = averaged_mask_power(rng, 3000, 8, 2, 0.3, 2, sampling)
    expected = expected_mask_power(8, 2, 0.3, 2, sampling)
    deviation = np.abs(averaged - expected)
    assert np.all(deviation <= 5 * error + 1e-12)
    assert deviation.max() > 0


def test_visibility_moments_of_a_fixed_count():
    masks = enumerate_masks(5)
    visible = 1.0 - masks[masks.sum(axis=1) == 2]
    mean, variance, covariance = visibility_moments(5, 0.4, "exact")
    spread = np.cov(visible.T, bias=True)
    np.testing.assert_allclose(visible.mean(axis=0), mean)
    np.testing.assert_allclose(np.diag(spread), variance)
    np.testing.assert_allclose(spread[0, 1:], covariance)


def test_rows_are_ordered_by_frequency_in_cycles_per_pixel():
    rows = frequency_rows({"expected": expected_mask_power(4, 2, 0.5, 1)})
    assert [row["frequency_x"] for row in rows] == [-0.5, -0.25, 0.0, 0.25]
    assert {row["frequency_y"] for row in rows} == {0.0}
    assert rows[0]["expected"] == 0 and rows[2]["expected"] > rows[1]["expected"] > 0


def test_rows_in_two_dimensions_name_the_axes():
    values = np.zeros((4, 4))
    values[0, 1] = 7  # frequency y 0, x 1/4
    rows = frequency_rows({"power": values})
    hit = next(row for row in rows if row["power"] == 7)
    assert (hit["frequency_x"], hit["frequency_y"]) == (0.25, 0.0)


def test_spectrum_rows_carry_the_mask_ratio_and_the_number_of_masks():
    recipe = SpectrumRecipe(size=8, mask_ratio=0.5, n_masks=20)
    rows = spectrum_rows(recipe, 2, 4, "bernoulli", np.random.default_rng(0))
    assert len(rows) == 64
    assert {(row["mask_ratio"], row["n_masks"]) for row in rows} == {(0.5, 20)}


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ((8, 3, 0.5), "does not divide"),
        ((8, 2, 1.0), "mask ratio"),
        ((8, 2, 0.5, 3), "dimensions"),
        ((8, 2, 0.5, 1, "hidden"), "sampling"),
    ],
)
def test_bad_input(setting, words):
    with pytest.raises(ValueError, match=words):
        expected_mask_power(*setting)


def test_a_standard_error_needs_two_masks():
    with pytest.raises(ValueError, match="at least 2"):
        averaged_mask_power(np.random.default_rng(0), 1, 8, 2, 0.5)
