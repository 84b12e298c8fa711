"""Test moments about the training mean, against the normalised images themselves."""

import numpy as np
import pytest

from spatial_mae.linear.colour import pixel_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.normalisation import normalisation


def images(n, seed, side=4):
    return np.random.default_rng(seed).integers(0, 256, (n, side, side, 1), dtype=np.uint8)


@pytest.mark.parametrize("centring", ["raw", "centred", "standardised"])
@pytest.mark.parametrize("flip", [False, True])
def test_moments_of_test_images_use_the_training_normalisation(centring, flip):
    train, test = images(30, 0), images(20, 1)
    found = normalisation(pixel_moments(train), centring, flip).moment(pixel_moments(test), flip)
    seen = [np.concatenate([x, x[:, :, ::-1]]) if flip else x for x in (train, test)]
    train_rows, test_rows = (pixel_rows(x, "luma") for x in seen)
    centre = 0.0 if centring == "raw" else train_rows.mean(axis=0)
    unit = train_rows.std(axis=0) if centring == "standardised" else 1.0
    rows = (test_rows - centre) / unit
    np.testing.assert_allclose(found, rows.T @ rows / len(rows), atol=1e-13)


@pytest.mark.parametrize("centring", ["raw", "centred", "standardised"])
def test_training_rows_and_training_moments_are_normalised_alike(centring):
    moments = pixel_moments(images(30, 0))
    normalise = normalisation(moments, centring, flip=False)
    rows = normalise.rows(pixel_rows(images(30, 0), "luma"))
    expected = moments.matrix(centring)
    np.testing.assert_allclose(rows.T @ rows / 30, expected, atol=1e-13)
    np.testing.assert_allclose(normalise.moment(moments, False), expected, atol=1e-13)


def test_other_sizes_and_centrings_are_refused():
    moments = pixel_moments(images(30, 0))
    with pytest.raises(ValueError, match="16"):
        normalisation(moments, "raw", False).moment(pixel_moments(images(5, 1, side=2)), False)
    with pytest.raises(ValueError, match="centred"):
        normalisation(moments, "centered", False)
