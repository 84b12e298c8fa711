"""Gains and their standard errors: against errors of images one by one, and fresh test images."""

from dataclasses import replace

import numpy as np
import pytest

from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import LinearRun, RunSettings, solve_run
from spatial_mae.masks.patches import patch_index
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities
from spatial_mae.tasks.filters import gabor_map
from spatial_mae.tasks.gabor import GaborProblem, GaborRecipe, predict_gabor, run_moments
from spatial_mae.tasks.gabor_gains import LOW_RATIOS, _Judge, _views, gain_rows

RECIPE = GaborRecipe(
    readouts=("free", "ridge"),
    mask_ratios=(0.2, 0.5, 0.8),
    n_latents=(2, 5),
    scales=(1.0, 4.0),
    frequencies=(0.8,),
    orientations=(0.0,),
)
INDEX = patch_index(4, 4, 2)
CELL = ("reading", "readout", "input", "n_latents", "scale", "frequency", "orientation")


def natural(n, seed):
    rng = np.random.default_rng(seed)
    walk = rng.normal(size=(n, 4, 4, 1)).cumsum(axis=1).cumsum(axis=2)
    return np.clip(128 + 25 * walk, 0, 255).astype(np.uint8)


def solved(flip=False):
    moments = pixel_moments(natural(300, 0))
    settings = RunSettings(2, "centred", 1e-3, flip)
    return LinearRun(settings, moments, solve_run(moments, settings))


def problem_of(run, images):
    models, train, test, index, shape = run_moments(RECIPE, run, pixel_moments(images))
    return GaborProblem.of(RECIPE, models, train, test, index, shape)


@pytest.mark.parametrize("flip", [False, True])
def test_losses_of_all_images_are_the_errors(flip):
    run, images = solved(flip), natural(40, 1)
    problem = problem_of(run, images)
    gabor = next(RECIPE.gabors())
    errors, crosses = problem.errors(gabor)
    judged = [
        _Judge.of(problem, v, INDEX).squares(problem, gabor, crosses)
        for v in _views(images, run, 40)
    ]
    power, losses = (np.mean([pair[i] for pair in judged], axis=0) for i in (0, 1))
    np.testing.assert_allclose(losses.mean(axis=1) / power.mean(), errors, rtol=1e-9)


def test_the_loss_of_an_image_is_its_mean_over_all_masks():
    run, images = solved(), natural(5, 1)
    problem, (pixels,) = problem_of(run, images), _views(images, run, 5)
    gabor = list(RECIPE.gabors())[1]
    crosses = problem.errors(gabor)[1]
    losses = _Judge.of(problem, pixels, INDEX).squares(problem, gabor, crosses)[1]
    encoders = {(e.model, e.mask_ratio): e.matrix for e in problem.models}
    targets = pixels @ gabor_map(gabor, 4, 4)
    masks = enumerate_masks(4)
    for scorer, found in zip(problem.scorers, losses, strict=True):
        name, k = (scorer.model, scorer.mask_ratio), scorer.n_latents
        hidden = scorer.mask_ratio if scorer.input == "masked" else 0.0
        weights = scorer.linear / (1 - hidden) @ crosses[name][:k]
        seen = np.where(masks[:, None, INDEX], 0.0, pixels)
        squares = np.sum((seen @ encoders[name][:, :k] @ weights - targets) ** 2, axis=2)
        np.testing.assert_allclose(mask_probabilities(masks, hidden) @ squares, found, rtol=1e-8)


def test_gains_are_differences_of_errors():
    run, images = solved(), natural(60, 1)
    errors = {}
    for row in predict_gabor(RECIPE, run, pixel_moments(images)):
        errors[tuple(row[key] for key in CELL), row["mask_ratio"]] = row["error"]
    rows = gain_rows(RECIPE, run, pixel_moments(images), images)
    assert len(rows) == len(errors) / 4 * (3 + 2 + 1)
    for row in rows:
        cell = tuple(row[key] for key in CELL)
        if row["against"] == LOW_RATIOS:
            low, high = errors[cell, 0.2], (errors[cell, 0.5] + errors[cell, 0.8]) / 2
            assert row["mask_ratio"] is None
        else:
            low = errors[cell, {"AE": 0.0, "MAE 0.2": 0.2}[row["against"]]]
            high = errors[cell, row["mask_ratio"]]
        assert row["gain"] == pytest.approx(low - high, abs=1e-12)
        assert row["interval_high"] - row["gain"] == pytest.approx(
            1.96 * row["standard_error"], rel=1e-3
        )


def test_standard_errors_are_those_of_fresh_test_images():
    run, images = solved(), natural(6000, 1)
    parts = [gain_rows(RECIPE, run, pixel_moments(p), p) for p in np.split(images, 60)]
    spread = np.std([[row["gain"] for row in rows] for rows in parts], axis=0, ddof=1)
    claimed = np.mean([[row["standard_error"] for row in rows] for rows in parts], axis=0)
    assert np.median(claimed / spread) == pytest.approx(1, abs=0.1)
    assert np.mean(np.abs(claimed / spread - 1) < 0.3) > 0.95


def test_few_judged_images_change_the_standard_errors_alone():
    run, images = solved(), natural(400, 1)
    moments = pixel_moments(images)
    every, few = (gain_rows(replace(RECIPE, n_judged=n), run, moments, images) for n in (400, 100))
    assert [row["gain"] for row in every] == [row["gain"] for row in few]
    ratios = [b["standard_error"] / a["standard_error"] for a, b in zip(every, few, strict=True)]
    assert np.median(ratios) == pytest.approx(1, abs=0.2)
    assert ratios != [1.0] * len(ratios)
