"""Readouts from moments against explicit data matrices and against all masks."""

import numpy as np
import pytest

from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities
from spatial_mae.tasks.readout import (
    feature_moments,
    fit_readout,
    readout_operator,
)

INDEX = np.repeat(np.arange(3), 2)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def images(rng):
    return rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6))


@pytest.fixture
def target(rng):
    return rng.normal(size=(6, 4))


def moment(images):
    return images.T @ images / len(images)


def test_free_readout_is_least_squares_on_the_images(rng, images, target):
    encoder = rng.normal(size=(6, 3))
    features = feature_moments(encoder, moment(images))
    weights = fit_readout(features.gram, features.pixels @ target)
    expected = np.linalg.lstsq(images @ encoder, images @ target)[0]
    np.testing.assert_allclose(weights, expected, rtol=1e-10)


def test_ridge_readout_is_least_squares_with_penalty_rows(rng, images, target):
    encoder = rng.normal(size=(6, 3))
    features = feature_moments(encoder, moment(images))
    weights = fit_readout(features.gram, features.pixels @ target, "ridge", 0.3)
    z = images @ encoder
    penalty = 0.3 * np.sum(z**2) / 3
    rows = np.vstack([z, np.sqrt(penalty) * np.eye(3)])
    expected = np.linalg.lstsq(rows, np.vstack([images @ target, np.zeros((3, 4))]))[0]
    np.testing.assert_allclose(weights, expected, rtol=1e-10)
    operator = readout_operator(features.gram, "ridge", 0.3)
    np.testing.assert_allclose(operator @ features.pixels @ target, weights, rtol=1e-10)


@pytest.mark.parametrize("mask_ratio", [0.0, 0.3, 0.8])
def test_masked_features_match_the_sum_over_all_masks(rng, images, mask_ratio):
    encoder = rng.normal(size=(6, 3))
    masks = enumerate_masks(3)
    gram, pixels = np.zeros((3, 3)), np.zeros((3, 6))
    for mask, chance in zip(masks, mask_probabilities(masks, mask_ratio), strict=True):
        z = np.where(mask[INDEX], 0.0, images) @ encoder
        gram += chance * z.T @ z / len(images)
        pixels += chance * z.T @ images / len(images)
    features = feature_moments(encoder, moment(images), INDEX, mask_ratio)
    np.testing.assert_allclose(features.gram, gram, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(features.pixels, pixels, rtol=1e-10, atol=1e-12)


def predictions(encoder, images, target, readout, mask_ratio):
    features = feature_moments(encoder, moment(images), INDEX, mask_ratio)
    weights = fit_readout(features.gram, features.pixels @ target, readout, 0.1)
    return images @ encoder @ weights


@pytest.mark.parametrize("mask_ratio", [0.0, 0.6])
def test_only_the_free_readout_ignores_an_invertible_change_of_features(
    rng, images, target, mask_ratio
):
    encoder = rng.normal(size=(6, 3))
    changed = encoder @ (rng.normal(size=(3, 3)) * [1, 1e3, 1e-3])
    settings = images, target
    free = [predictions(e, *settings, "free", mask_ratio) for e in (encoder, changed)]
    np.testing.assert_allclose(free[0], free[1], rtol=1e-6, atol=1e-8)
    ridge = [predictions(e, *settings, "ridge", mask_ratio) for e in (encoder, changed)]
    assert np.abs(ridge[0] - ridge[1]).max() > 1e-2


def test_redundant_and_dead_features_change_no_prediction(rng, images, target):
    encoder = rng.normal(size=(6, 2))
    redundant = np.hstack([encoder, encoder @ [[1.0], [2.0]], np.zeros((6, 1))])
    expected = predictions(encoder, images, target, "free", 0.0)
    np.testing.assert_allclose(
        predictions(redundant, images, target, "free", 0.0), expected, atol=1e-8
    )


def test_features_of_very_different_scale_are_all_read(rng, images, target):
    encoder = rng.normal(size=(6, 3))
    changed = encoder * [1.0, 1e-5, 1e-10]
    found = [predictions(e, images, target, "free", 0.0) for e in (encoder, changed)]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.eye(6)[:, :2], np.eye(5)), "needs a .6, 6. moment"),
        ((np.eye(6)[:, :2], np.eye(6), INDEX, 1.0), "outside"),
        ((np.eye(6)[:, :2], np.eye(6), None, 0.5), "patch_index of 6"),
        ((np.eye(6)[:, :2], np.eye(6), INDEX[:4], 0.5), "patch_index of 6"),
    ],
)
def test_feature_moments_name_what_does_not_fit(arguments, message):
    with pytest.raises(ValueError, match=message):
        feature_moments(*arguments)


@pytest.mark.parametrize("ridge", [0.0, -1.0, np.nan])
def test_ridge_readout_needs_a_positive_ridge(ridge):
    with pytest.raises(ValueError, match="positive share"):
        fit_readout(np.eye(2), np.eye(2), "ridge", ridge)


def test_unknown_readout_is_named():
    with pytest.raises(ValueError, match="'lasso'.*free, ridge"):
        readout_operator(np.eye(2), "lasso")
