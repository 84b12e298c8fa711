"""Depth scores: a planted map, gaps, the choice of the ridge, and what may influence a fit."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from spatial_mae.masks.patches import patch_index
from spatial_mae.tasks.depth import (
    DepthRecipe,
    choose_penalties,
    depth_scores,
    held_out,
    squared_errors,
)
from spatial_mae.tasks.depth_maps import DepthData, MeanMap, depth_targets
from spatial_mae.tasks.encoders import Encoder, encode
from spatial_mae.tasks.regression import Penalty, fit_affine

RECIPE = DepthRecipe(
    target="depth",
    readouts=("free", "ridge"),
    inputs=("whole", "masked"),
    mask_ratios=(0.5,),
    n_latents=(2, 4),
    ridges=(1e-3, 1.0),
    n_masks=3,
    validation_share=0.25,
)
INDEX = patch_index(4, 4, 2)
ENCODER = np.random.default_rng(9).normal(size=(16, 4))
MODELS = [Encoder("ae", 0.0, ENCODER), Encoder("mae", 0.5, ENCODER[:, ::-1])]


def planted(noise, n_train=80, n_test=30, latents=4):
    """Maps that are affine in the first features of the AE, and noise."""
    rng = np.random.default_rng(0)
    n = n_train + n_test
    pixels = rng.normal(size=(n, 16)) + 1.0
    targets = pixels @ ENCODER[:, :latents] @ rng.normal(size=(latents, 16)) + rng.normal(size=16)
    targets += noise * rng.normal(size=targets.shape)
    return DepthData(pixels[:n_train], targets[:n_train], pixels[n_train:], targets[n_train:])


def scores(data, recipe=RECIPE, seed=0):
    return depth_scores(recipe, data, MODELS, INDEX, np.random.default_rng(seed))


def pick(rows, **wanted):
    (row,) = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return row


def test_a_planted_map_is_read_exactly_by_the_features_it_was_made_of():
    rows = scores(planted(noise=0.0))
    assert len(rows) == 2 * 2 * 2 * 2
    exact = pick(rows, model="ae", readout="free", input="whole", n_latents=4)
    assert exact["error"] < 1e-20
    assert (exact["n_train"], exact["n_test"], exact["ridge_chosen"]) == (80, 30, None)
    fewer = pick(rows, model="ae", readout="free", input="whole", n_latents=2)
    masked = pick(rows, model="mae", readout="free", input="masked", n_latents=4)
    assert 0.05 < fewer["error"] < 1
    assert 0.05 < masked["error"] < 1.2


def test_errors_match_a_loop_over_pixels_with_gaps():
    data, rng = planted(noise=0.5), np.random.default_rng(1)
    for targets in (data.train_targets, data.test_targets):
        targets[rng.random(targets.shape) < 0.3] = np.nan
    data.train_targets[:, 3] = np.nan
    squared, baseline, n_pixels = 0.0, 0.0, 0
    for pixel in range(16):
        known = np.isfinite(data.train_targets[:, pixel])
        tested = np.isfinite(data.test_targets[:, pixel])
        if not known.any():
            continue
        y, wanted = data.train_targets[known, pixel], data.test_targets[tested, pixel]
        design = np.c_[data.train_pixels[known] @ ENCODER, np.ones(known.sum())]
        weights = np.linalg.lstsq(design, y)[0]
        found = np.c_[data.test_pixels[tested] @ ENCODER, np.ones(tested.sum())] @ weights
        squared += np.sum((found - wanted) ** 2)
        baseline += np.sum((y.mean() - wanted) ** 2)
        n_pixels += len(wanted)
    row = pick(scores(data), model="ae", readout="free", input="whole", n_latents=4)
    assert row["error"] == pytest.approx(squared / baseline, rel=1e-9)
    assert row["rmse"] == pytest.approx(np.sqrt(squared / n_pixels), rel=1e-9)


def test_the_ridge_is_the_best_of_all_on_the_held_out_images():
    data = planted(noise=3.0, n_train=30)
    recipe = replace(RECIPE, ridges=(1e-4, 0.1, 0.3, 1.0, 10.0))
    features = (data.train_pixels @ ENCODER)[:, None]
    held = held_out(np.random.default_rng(2), 30, 0.5)
    chosen = choose_penalties(recipe, features, data.train_targets, held)
    assert [p.ridge for p in chosen[:2]] == [None, None]
    for penalty in chosen[2:]:
        tried = [Penalty(penalty.n_latents, ridge) for ridge in recipe.ridges]
        fits = fit_affine(features[~held], data.train_targets[~held], tried)
        residuals = [
            np.sum((f.predict(features[held, 0]) - data.train_targets[held]) ** 2) for f in fits
        ]
        assert penalty.ridge == recipe.ridges[int(np.argmin(residuals))]


def test_weak_noise_chooses_a_weak_ridge_and_strong_noise_a_strong_one():
    clean, noisy = (scores(planted(noise)) for noise in (0.0, 100.0))
    wanted = {"model": "ae", "readout": "ridge", "input": "whole", "n_latents": 4}
    assert pick(clean, **wanted)["ridge_chosen"] == 1e-3
    assert pick(noisy, **wanted)["ridge_chosen"] == 1.0


def test_nothing_of_the_test_images_reaches_a_fit():
    data = planted(noise=1.0)
    rows = scores(data)
    other = replace(data, test_targets=data.test_targets[::-1] + 5.0)
    changed = scores(other)
    assert [r["ridge_chosen"] for r in rows] == [r["ridge_chosen"] for r in changed]
    (fit,) = fit_affine((data.train_pixels @ ENCODER)[:, None], data.train_targets, [Penalty(4)])
    wanted = {"model": "ae", "readout": "free", "input": "whole", "n_latents": 4}
    for split, found in ((data, rows), (other, changed)):
        squared = np.sum((fit.predict(split.test_pixels @ ENCODER) - split.test_targets) ** 2)
        rmse = np.sqrt(squared / split.test_targets.size)
        assert pick(found, **wanted)["rmse"] == pytest.approx(rmse, rel=1e-9)


def test_the_same_seed_gives_the_same_scores_and_another_other_masks():
    data = planted(noise=1.0)
    assert scores(data) == scores(data)
    wanted = {"model": "mae", "readout": "free", "input": "masked", "n_latents": 4}
    assert pick(scores(data), **wanted)["error"] != pick(scores(data, seed=1), **wanted)["error"]


def test_masked_views_hide_whole_patches_at_the_stated_rate():
    identity = Encoder("mae", 0.25, np.eye(16))
    views = encode(identity, np.ones((500, 16)), INDEX, 4, np.random.default_rng(0))
    assert views.shape == (500, 4, 16)
    by_patch = views[..., np.argsort(INDEX, kind="stable")].reshape(500, 4, 4, 4)
    assert (by_patch == by_patch[..., :1]).all()
    assert np.mean(views == 0) == pytest.approx(0.25, abs=0.02)


def test_squared_errors_average_over_views():
    (fit,) = fit_affine(np.eye(3)[:, None], np.eye(3), [Penalty(3)])
    views = np.random.default_rng(0).normal(size=(5, 2, 3))
    targets = np.zeros((5, 3))
    each = [squared_errors(fit, views[:, [v]], targets) for v in range(2)]
    assert squared_errors(fit, views, targets) == pytest.approx(np.mean(each, axis=0))


def test_targets_keep_gaps_and_take_the_logarithm_of_positive_depth():
    depth = np.array([[[1.0, np.e], [0.0, np.nan]]], dtype=np.float32)
    np.testing.assert_array_equal(depth_targets(depth, "depth", "metre"), depth.reshape(1, 4))
    logarithm = depth_targets(depth, "log_depth", "metre")
    np.testing.assert_allclose(logarithm, [[0, 1, np.nan, np.nan]], atol=1e-7)
    np.testing.assert_array_equal(
        depth_targets(depth, "disparity", "pixels of the image"), depth.reshape(1, 4)
    )


@pytest.mark.parametrize(
    ("target", "unit", "message"),
    [
        ("disparity", "metre", "use the target depth or log_depth"),
        ("log_depth", "pixels of the image", "use the target disparity"),
        ("height", "metre", "'height'.*depth, log_depth, disparity"),
    ],
)
def test_targets_must_be_what_the_maps_hold(target, unit, message):
    with pytest.raises(ValueError, match=message):
        depth_targets(np.ones((1, 2, 2)), target, unit)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_latents": (0,)}, r"n_latents\[0\]: 0"),
        ({"n_masks": 0}, "n_masks: 0"),
        ({"validation_share": 0.0}, "validation_share: 0.0"),
        ({"ridges": ()}, "ridges to choose from"),
        ({"ridges": (0.1, -1.0)}, r"ridges\[1\]: -1.0"),
    ],
)
def test_bad_recipes_are_refused_when_read(change, message):
    with pytest.raises(ValueError, match=message):
        DepthRecipe(**(asdict(RECIPE) | change))


def test_more_latents_than_the_encoders_have_are_refused():
    with pytest.raises(ValueError, match=r"n_latents \[5\]"):
        scores(planted(0.0), replace(RECIPE, n_latents=(5,)))


@pytest.mark.parametrize("share", [0.001, 0.999])
def test_an_empty_part_of_the_validation_split_is_refused(share):
    with pytest.raises(ValueError, match="change the share"):
        scores(planted(0.0), replace(RECIPE, validation_share=share))


@pytest.mark.parametrize("split", ["train_targets", "test_targets"])
def test_a_split_without_a_valid_pixel_is_refused(split):
    data = planted(0.0)
    getattr(data, split)[:] = np.nan
    with pytest.raises(ValueError, match="no valid pixel"):
        scores(data)


def test_gains_are_over_the_autoencoder_with_an_error_over_images():
    rows = scores(planted(noise=0.5))
    for row in rows:
        if row["model"] == "ae":
            assert (row["gain"], row["standard_error"]) == (None, None)
            continue
        choice = {key: row[key] for key in ("readout", "input", "n_latents")}
        rival = pick(rows, model="ae", **choice)
        assert row["gain"] == pytest.approx(rival["error"] - row["error"])
        assert row["standard_error"] > 0


def test_the_error_of_a_gain_is_that_of_drawing_other_images():
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(400):
        base = rng.gamma(4.0, size=60)
        ours, rival = base * rng.uniform(0.5, 0.9, 60), base * rng.uniform(0.6, 1.0, 60)
        draws.append(MeanMap(base, 60, 10, 60).gain(ours, rival))
    spread = np.std([draw["gain"] for draw in draws])
    assert np.mean([draw["standard_error"] for draw in draws]) == pytest.approx(spread, rel=0.1)
