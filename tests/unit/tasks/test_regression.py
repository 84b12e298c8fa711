"""Affine readouts of maps with gaps against a loop over the pixels."""

import numpy as np
import pytest

from spatial_mae.tasks.regression import Penalty, fit_affine, validity_groups


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def one_pixel(features, target, penalty):
    """Least squares with an intercept, on the images that know this pixel: (weights, offset)."""
    known = np.isfinite(target)
    views = features.shape[1]
    z = features[known][..., : penalty.n_latents].reshape(-1, penalty.n_latents)
    y = np.repeat(target[known], views)
    z_mean, y_mean = z.mean(axis=0), y.mean()
    z, y = z - z_mean, y - y_mean
    if penalty.ridge is not None:
        strength = penalty.ridge * np.sum(z**2) / penalty.n_latents
        z = np.vstack([z, np.sqrt(strength) * np.eye(penalty.n_latents)])
        y = np.concatenate([y, np.zeros(penalty.n_latents)])
    weights = np.linalg.lstsq(z, y)[0]
    return weights, y_mean - z_mean @ weights


@pytest.mark.parametrize("views", [1, 3])
@pytest.mark.parametrize("share_unknown", [0.0, 0.2, 0.7])
def test_matches_a_loop_over_pixels(rng, views, share_unknown):
    features = rng.normal(size=(40, views, 5)) + 3.0
    targets = rng.normal(size=(40, 8))
    targets[rng.random(targets.shape) < share_unknown] = np.nan
    penalties = [Penalty(5), Penalty(3), Penalty(4, 0.2)]
    for penalty, fit in zip(penalties, fit_affine(features, targets, penalties), strict=True):
        for pixel in range(8):
            weights, offset = one_pixel(features, targets[:, pixel], penalty)
            np.testing.assert_allclose(fit.weights[:, pixel], weights, rtol=1e-7, atol=1e-9)
            assert fit.offset[pixel] == pytest.approx(offset, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("views", [1, 3])
@pytest.mark.parametrize("ridge", [None, 0.1])
def test_a_pixel_known_in_one_image_is_predicted_by_a_readout_that_fits_it(rng, views, ridge):
    features, targets = rng.normal(size=(9, views, 2)), rng.normal(size=(9, 3))
    targets[1:, 1] = np.nan
    (fit,) = fit_affine(features, targets, [Penalty(2, ridge)])
    weights, offset = one_pixel(features, targets[:, 1], Penalty(2, ridge))
    np.testing.assert_allclose(fit.weights[:, 1], weights, atol=1e-9)
    assert fit.offset[1] == pytest.approx(offset)


def test_a_pixel_never_known_is_not_predicted(rng):
    targets = rng.normal(size=(10, 3))
    targets[:, 1] = np.nan
    (fit,) = fit_affine(rng.normal(size=(10, 1, 2)), targets, [Penalty(2)])
    assert np.isnan(fit.predict(rng.normal(size=(4, 2)))).all(axis=0).tolist() == [
        False,
        True,
        False,
    ]


def test_features_that_are_rounding_in_training_are_not_read(rng):
    """Principal components beyond the rank of the training images: 59 of 60 about their mean."""
    train, test = rng.normal(size=(60, 100)), rng.normal(size=(500, 100))
    weights = rng.normal(size=(100, 3))
    centred, moved = train - train.mean(axis=0), test - train.mean(axis=0)
    components = np.linalg.svd(centred)[2].T
    pair = [Penalty(59), Penalty(80)]
    readouts = fit_affine((centred @ components)[:, None], train @ weights, pair)
    found = [readout.predict(moved @ components) for readout in readouts]
    np.testing.assert_allclose(found[1], found[0], atol=1e-6)
    assert np.mean((found[1] - test @ weights) ** 2) < np.var(test @ weights)


def test_pixels_known_together_share_a_group(rng):
    valid = rng.random((20, 6)) < 0.5
    valid[:, 4] = valid[:, 1]
    valid[:, 5] = False
    groups = [pixels.tolist() for _, pixels in validity_groups(valid)]
    assert sorted(groups) == [[0], [1, 4], [2], [3]]
    for images, pixels in validity_groups(valid):
        assert (valid[:, pixels] == images[:, None]).all()


def test_nothing_known_is_an_error(rng):
    with pytest.raises(ValueError, match="no valid pixel"):
        fit_affine(rng.normal(size=(4, 1, 2)), np.full((4, 3), np.nan), [Penalty(2)])


def test_lengths_must_agree(rng):
    with pytest.raises(ValueError, match="4 images but 5 targets"):
        fit_affine(rng.normal(size=(4, 1, 2)), np.zeros((5, 3)), [Penalty(2)])
