"""The masked loss on other images, and the ridge that it chooses."""

import numpy as np
import pytest

from spatial_mae.linear.held_out import choose_ridge, masked_loss
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.objective import enumerated_loss
from spatial_mae.linear.recipe import LinearRecipe
from spatial_mae.linear.store import RunSettings
from spatial_mae.masks.patches import patch_index

SETTINGS = RunSettings(2, "centred", 0.0, False)
RECIPE = LinearRecipe(mask_ratios=(0.0, 0.5), noise_deviations=(), n_latents=(3, "all"))


def images(n, seed):
    rng = np.random.default_rng(seed)
    walk = rng.normal(size=(n, 4, 4, 1)).cumsum(axis=1).cumsum(axis=2)
    return np.clip(128 + 25 * walk, 0, 255).astype(np.uint8)


def test_the_loss_is_that_of_all_masks():
    rng = np.random.default_rng(0)
    X, W, index = rng.normal(size=(5, 16)), rng.normal(size=(16, 16)), patch_index(4, 4, 2)
    expected = enumerated_loss(X, index, 0.3, W)
    assert masked_loss(X.T @ X, W, index, 0.3) == pytest.approx(expected)


def test_few_images_need_a_ridge_and_many_do_not():
    held = pixel_moments(images(4000, 1))
    few, many = (pixel_moments(images(n, 0)) for n in (20, 20000))
    ridges = (0.0, 0.01)
    assert choose_ridge(few, held, SETTINGS, RECIPE, ridges) == 0.01
    assert choose_ridge(many, held, SETTINGS, RECIPE, ridges) == 0.0


def test_a_ridge_at_which_moments_are_singular_is_left_out():
    fit, held = images(500, 0), images(400, 1)
    for part in (fit, held):
        part[:, 0, 0] = 0  # a pixel that never changes
    chosen = [
        choose_ridge(pixel_moments(fit), pixel_moments(held), SETTINGS, RECIPE, ridges)
        for ridges in ((0.0, 1e-6, 0.1), (1e-6, 0.1), (0.1, 1e-6, 0.0))
    ]
    assert chosen == [1e-6] * 3
    with pytest.raises(ValueError, match="singular"):
        choose_ridge(pixel_moments(fit), pixel_moments(held), SETTINGS, RECIPE, (0.0,))
