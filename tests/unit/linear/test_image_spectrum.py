import dataclasses

import numpy as np
import pytest

from spatial_mae.linear.image_spectrum import (
    PsdRecipe,
    draw_images,
    expected_masked_power,
    mean_power,
    psd_rows,
)
from spatial_mae.linear.signal_checks import gaussian_images, inverse_square_spectrum
from spatial_mae.linear.spectrum import expand_masks, expected_mask_power, power
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities

RECIPE = PsdRecipe(
    colour="luma", patches=(2, 4), mask_ratio=0.2, sampling="bernoulli", n_images=5, n_masks=3
)


def circular(autocovariance):
    """The moment (N^2, N^2) of a stationary periodic ensemble."""
    size = len(autocovariance)
    y, x = np.divmod(np.arange(size**2), size)
    return autocovariance[(y[:, None] - y) % size, (x[:, None] - x) % size]


@pytest.mark.parametrize("sampling", ["bernoulli", "exact"])
@pytest.mark.parametrize("patch_size", [2, 4])
def test_masked_power_equals_the_sum_over_masks(sampling, patch_size):
    size, mask_ratio = 4, 0.25
    autocovariance = np.fft.ifft2(inverse_square_spectrum(size)).real
    moment = circular(autocovariance)
    transform = np.fft.fft2(np.eye(size**2).reshape(-1, size, size)).reshape(size**2, -1)
    masks = enumerate_masks((size // patch_size) ** 2)
    weights = mask_probabilities(masks, mask_ratio)
    if sampling == "exact":
        count = round(mask_ratio * masks.shape[1])
        weights = np.where(masks.sum(axis=1) == count, 1.0, 0.0)
        weights /= weights.sum()
    expected = 0
    for weight, mask in zip(weights, expand_masks(masks, patch_size, 2), strict=True):
        masked = moment * np.outer(mask.ravel(), mask.ravel())
        spread = np.diag(transform.T @ masked @ transform.conj()).real / size**2
        expected = expected + weight * spread.reshape(size, size)
    found = expected_masked_power(autocovariance, patch_size, mask_ratio, sampling)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_masking_convolves_the_spectra():
    spectrum = inverse_square_spectrum(8)
    mask = expected_mask_power(8, 2, 0.2, 2)
    convolved = np.fft.fft2(np.fft.ifft2(spectrum) * np.fft.ifft2(mask)).real
    found = expected_masked_power(np.fft.ifft2(spectrum).real, 2, 0.2)
    np.testing.assert_allclose(found, convolved, rtol=1e-10)


def test_sampled_images_approach_the_closed_form():
    rng = np.random.default_rng(0)
    spectrum = inverse_square_spectrum(8)
    images = gaussian_images(rng, 20_000, spectrum)[..., None]
    masks = expand_masks(rng.random((20_000, 16)) < 0.3, 2, 2)
    expected = expected_masked_power(np.fft.ifft2(spectrum).real, 2, 0.3)
    np.testing.assert_allclose(mean_power(images, masks), expected, rtol=0.06)
    np.testing.assert_allclose(mean_power(images), spectrum, rtol=0.06)


def test_mean_power_averages_channels_and_takes_masks_in_turn():
    rng = np.random.default_rng(0)
    images, masks = rng.random((5, 4, 4, 3)), rng.random((2, 4, 4)) < 0.5
    expected = np.mean(
        [
            power(image[..., c] * masks[i % 2], 2)
            for i, image in enumerate(images)
            for c in range(3)
        ],
        axis=0,
    )
    np.testing.assert_allclose(mean_power(images, masks), expected)


def test_drawn_images_are_some_of_them_in_unit_range():
    images = np.random.default_rng(0).integers(0, 256, (9, 4, 4, 1), dtype=np.uint8)
    drawn = draw_images(images, RECIPE, np.random.default_rng(1))
    assert drawn.shape == (5, 4, 4, 1)
    known = {image.tobytes() for image in images}
    assert all(np.round(255 * image).astype(np.uint8).tobytes() in known for image in drawn)
    assert len({image.tobytes() for image in drawn}) == 5
    few = draw_images(images, dataclasses.replace(RECIPE, n_images=50), np.random.default_rng(1))
    assert len(few) == 9


def test_rows_hold_image_once_and_mask_and_masked_per_patch():
    images = np.random.default_rng(0).random((5, 8, 8, 1))
    rows = psd_rows(images, RECIPE, np.random.default_rng(0))
    kinds = [(row["patch"], row["part"], row["mask_ratio"]) for row in rows[::64]]
    assert kinds == [
        (None, "image", None),
        (2, "mask", 0.2),
        (2, "masked", 0.2),
        (4, "mask", 0.2),
        (4, "masked", 0.2),
    ]


@pytest.mark.parametrize(
    ("change", "shape", "words"),
    [
        ({}, (5, 8, 6, 1), "square"),
        ({"patches": (3,)}, (5, 8, 8, 1), "do not divide"),
        ({"mask_ratio": 1.0}, (5, 8, 8, 1), "mask_ratio"),
        ({"n_masks": 0}, (5, 8, 8, 1), "n_masks"),
    ],
)
def test_bad_input(change, shape, words):
    with pytest.raises(ValueError, match=words):
        psd_rows(np.ones(shape), dataclasses.replace(RECIPE, **change), np.random.default_rng(0))


def test_no_images_wanted():
    with pytest.raises(ValueError, match="n_images: 0 is not allowed"):
        dataclasses.replace(RECIPE, n_images=0)
