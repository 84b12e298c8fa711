"""The encoders that tasks compare, where training images are fewer than pixels."""

import numpy as np
import pytest

from spatial_mae.linear.colour import pixel_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.normalisation import normalisation
from spatial_mae.linear.store import LinearRun, RunSettings, solve_run
from spatial_mae.tasks.encoders import encoders
from spatial_mae.tasks.readout import feature_moments, fit_readout
from spatial_mae.tasks.regression import Penalty, fit_affine


def smooth(n, seed):
    walk = np.random.default_rng(seed).normal(size=(n, 8, 8, 1)).cumsum(axis=1).cumsum(axis=2)
    return np.clip(128 + 12 * walk, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("centring", "flip", "rank"), [("raw", False, 30), ("centred", False, 29), ("raw", True, 60)]
)
def test_columns_that_only_the_ridge_makes_up_are_not_read(centring, flip, rank):
    """More latents than the rank predict as well as those of the rank."""
    moments = pixel_moments(smooth(30, 0))
    settings = RunSettings(4, centring, 1e-3, flip)
    run = LinearRun(settings, moments, solve_run(moments, settings))
    (ae,) = encoders(run, (), 64)
    assert (np.abs(ae.matrix).max(axis=0) > 0).tolist() == [True] * rank + [False] * (64 - rank)
    normalised = normalisation(moments, centring, flip)
    train, test = (normalised.rows(pixel_rows(smooth(*s), "luma")) for s in ((30, 0), (200, 1)))
    target = np.random.default_rng(2).normal(size=(64, 5))
    found, affine = [], []
    for k in (rank, 64):
        features = feature_moments(ae.matrix[:, :k], moments.matrix(centring, flip=flip))
        weights = fit_readout(features.gram, features.pixels @ target)
        found.append(test @ ae.matrix[:, :k] @ weights)
        (readout,) = fit_affine((train @ ae.matrix)[:, None], train @ target, [Penalty(k)])
        affine.append(readout.predict(test @ ae.matrix))
    np.testing.assert_allclose(found[1], found[0], atol=1e-9)
    np.testing.assert_allclose(affine[1], affine[0], atol=1e-9)
    assert np.sum((found[1] - test @ target) ** 2) < 0.1 * np.sum((test @ target) ** 2)


def test_all_columns_are_kept_where_images_are_many():
    moments = pixel_moments(smooth(400, 0))
    settings = RunSettings(4, "centred", 1e-3, False)
    run = LinearRun(settings, moments, solve_run(moments, settings))
    for encoder in encoders(run, (0.5,), 64):
        assert np.linalg.matrix_rank(encoder.matrix) == 64
