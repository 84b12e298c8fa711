"""Predicted and measured gains: against readouts fitted image by image, and bad input."""

from dataclasses import replace

import numpy as np
import pytest

from spatial_mae.data.store import Batch, Prepared, open_dataset, write_dataset
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import LinearRun, RunSettings, solve_run
from spatial_mae.tasks.agreement import MISSED, rank_correlation, rank_rows
from spatial_mae.tasks.encoders import encoders
from spatial_mae.tasks.judged_targets import Cell, Judged
from spatial_mae.tasks.masking_gains import GainRecipe, gains_of_targets, target_rows
from spatial_mae.tasks.targets import Goal

RECIPE = GainRecipe(
    mask_ratios=(0.5,),
    n_latents=(3, 5),
    scales=(2.0,),
    frequencies=(0.8,),
    orientations=(0.0,),
    orders=(0, 1, 2),
    n_draws=50,
)


def natural(n, seed):
    rng = np.random.default_rng(seed)
    walk = rng.normal(size=(n, 4, 4, 1)).cumsum(axis=1).cumsum(axis=2)
    return np.clip(128 + 25 * walk, 0, 255).astype(np.uint8)


@pytest.fixture
def dataset(tmp_path):
    return made(tmp_path, natural(300, 0), natural(80, 1))


def made(folder, train, test, depth=None):
    """A data set on disk whose depth is that of a function of the images, if there is one."""
    splits = {
        split: [Batch(images, depth=None if depth is None else depth(images))]
        for split, images in (("train", train), ("test", test))
    }
    unit = {} if depth is None else {"depth_unit": "metres"}
    prepared = Prepared(splits, (4, 4, 1), "none", "none", **unit)
    write_dataset(folder / "manifest.json", "walks", "made here", prepared, {})
    return open_dataset(folder / "manifest.json")


def solved(dataset, flip=False, patch=2, centring="centred", n=None):
    moments = pixel_moments(dataset.images("train"), n=n)
    settings = RunSettings(patch, centring, 0.0, flip)
    return LinearRun(settings, moments, solve_run(moments, settings))


def least_squares_gain(dataset, run, goal, k, m):
    """The gain by plain least squares on training pixels, judged on test pixels."""
    centre = run.moments.mean
    train, test = (dataset.images(s).reshape(-1, 16) / 255 - centre for s in ("train", "test"))
    losses = []
    for encoder in encoders(run, (m,), k):
        z = train @ encoder.matrix[:, :k]
        weights = np.linalg.lstsq(z, goal.of(train), rcond=None)[0]
        losses.append(np.sum((goal.of(test) - test @ encoder.matrix[:, :k] @ weights) ** 2))
    return (losses[0] - losses[1]) / np.sum(goal.of(test) ** 2)


def test_measured_gains_are_those_of_fitted_readouts(dataset):
    run = solved(dataset)
    judged = gains_of_targets(RECIPE, run, dataset)
    assert len(judged) == 2 + 9  # both readings at scale 2, and cosines
    for one in judged:
        for k in RECIPE.n_latents:
            expected = least_squares_gain(dataset, run, one.goal, k, 0.5)
            assert one.gain(Cell(0.5, k)) == pytest.approx(expected, abs=1e-9)


def test_on_the_training_images_the_exact_prediction_is_the_gain(tmp_path):
    images = natural(200, 0)
    dataset = made(tmp_path, images, images)
    for one in gains_of_targets(RECIPE, solved(dataset), dataset):
        for cell, predictions in one.predicted.items():
            assert predictions["exact"] == pytest.approx(one.gain(cell), abs=1e-9)


def test_mirrored_images_count_where_the_run_mirrors(tmp_path):
    images = natural(200, 0)
    dataset = made(tmp_path, images, images, depth=lambda images: images[..., 0] / 255 + 1)
    recipe = replace(RECIPE, depth="depth")
    judged = gains_of_targets(recipe, solved(dataset, flip=True), dataset)
    assert all(len(one.power) == 200 for one in judged)
    for one in judged:
        for cell, predictions in one.predicted.items():
            assert predictions["exact"] == pytest.approx(one.gain(cell), abs=1e-9)


@pytest.mark.parametrize("n", [None, 60])
def test_depth_that_is_the_image_is_a_cosine_of_the_image(tmp_path, n):
    """Also where moments are those of a part of the images: depth is read from these alone."""
    train, test = natural(300, 0), natural(80, 1)
    dataset = made(tmp_path, train, test, depth=lambda images: images[..., 0] / 255 + 1)
    judged = gains_of_targets(replace(RECIPE, depth="depth"), solved(dataset, n=n), dataset)
    families = {"cosine": [], "depth": []}
    for row in target_rows(judged):
        if row["target"] in families:
            families[row["target"]].append([row["predicted_gain"], row["gain"]])
    np.testing.assert_allclose(families["cosine"], families["depth"], atol=1e-6)


def test_standard_errors_are_those_of_fresh_test_images(tmp_path):
    train, found = natural(300, 0), []
    for seed in range(30):
        folder = tmp_path / str(seed)
        folder.mkdir()
        dataset = made(folder, train, natural(100, 2 + seed))
        judged = gains_of_targets(RECIPE, solved(dataset), dataset)
        cells = [(one, cell) for one in judged for cell in one.predicted]
        found.append([(one.gain(c), one.standard_error(c)) for one, c in cells])
    gains, errors = np.moveaxis(found, 2, 0)
    ratios = errors.mean(axis=0) / gains.std(axis=0, ddof=1)
    assert np.median(ratios) == pytest.approx(1, abs=0.2)


def test_one_row_per_target_setting_and_predictor(dataset):
    judged = gains_of_targets(RECIPE, solved(dataset), dataset)
    rows = target_rows(judged)
    assert len(rows) == 11 * 2 * 4
    ranks = rank_rows(judged, 50, np.random.default_rng(0))
    assert [row["target"] for row in ranks] == ["cosine"] * 8  # two Gabors are too few to rank
    for row in ranks:
        assert row["interval_low"] <= row["rank_correlation"] + 0.2
        assert (row["n_targets"], row["n_test"]) == (9, 80)


def test_fewer_judged_images_are_taken(dataset):
    judged = gains_of_targets(replace(RECIPE, n_judged=20), solved(dataset), dataset)
    assert {len(one.power) for one in judged} == {20}


def test_both_readings_are_one_filter_at_scale_one():
    recipe = replace(RECIPE, scales=(1.0, 2.0))
    assert len(list(recipe.gabors())) == 3


def test_ranks_and_signs_of_made_gains():
    """Predictions in the measured order have correlation 1; one wrong sign of four is 3/4."""
    gains = {"a": (-2.0, -2.0), "b": (-1.0, -1.5), "c": (1.0, -0.5), "d": (2.0, 2.0)}
    cell, noise = Cell(0.5, 1), np.array([0.01, -0.01, 0.0])
    judged = [
        Judged(
            Goal({"target": "made"}, np.negative),
            {cell: {"p": predicted, "reversed": -predicted, MISSED: predicted + 3}},
            np.ones(3),
            {cell: measured + noise},
        )
        for measured, predicted in gains.values()
    ]
    first, second, third = rank_rows(judged, 200, np.random.default_rng(0))
    assert first["rank_correlation"] == pytest.approx(1)
    assert second["rank_correlation"] == pytest.approx(-1)
    assert (first["sign_agreement"], second["sign_agreement"]) == (0.75, 0.25)
    assert (first["majority"], first["n_sure"]) == (0.5, 4)
    assert third["rank_correlation"] == pytest.approx(1)
    assert (third["sign_agreement"], third["majority"]) == (None, 0.5)


def test_a_constant_prediction_ranks_nothing():
    assert rank_correlation(np.ones(4), np.arange(4.0)) == 0
    assert rank_correlation(np.array([1, 2, 2, 3.0]), np.array([4, 6, 6, 9.0])) == pytest.approx(1)


def test_one_patch_is_refused(dataset):
    with pytest.raises(ValueError, match="one patch holds the whole image"):
        gains_of_targets(RECIPE, solved(dataset, patch=4), dataset)


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_mask_ratios_that_hide_nothing_or_all_are_refused(ratio):
    with pytest.raises(ValueError, match=rf"mask_ratios\[1\]: {ratio:g}"):
        replace(RECIPE, mask_ratios=(0.5, ratio))


@pytest.mark.parametrize("name", ["mask_ratios", "n_latents"])
def test_empty_lists_are_refused(name):
    with pytest.raises(ValueError, match=name):
        replace(RECIPE, **{name: ()})


def test_no_target_is_refused():
    with pytest.raises(ValueError, match="no target"):
        replace(RECIPE, scales=(), orders=())


def test_as_many_latents_as_coordinates_are_refused(dataset):
    with pytest.raises(ValueError, match="n_latents = 16: expected 1 to 15"):
        gains_of_targets(replace(RECIPE, n_latents=(16,)), solved(dataset), dataset)


@pytest.mark.parametrize("value", [2.0, 0.1])  # a mean of 0.1 differs from it by rounding
def test_a_constant_target_is_named(tmp_path, value):
    def depth(images):
        return images[..., 0] * 0 + value

    constant = made(tmp_path, natural(300, 0), natural(80, 1), depth=depth)
    with pytest.raises(ValueError, match="target depth, order_y 0, order_x 0: the same in all"):
        gains_of_targets(replace(RECIPE, depth="depth"), solved(constant), constant)


def test_data_without_depth_are_refused(dataset):
    with pytest.raises((ValueError, FileNotFoundError), match="depth"):
        gains_of_targets(replace(RECIPE, depth="depth"), solved(dataset), dataset)
