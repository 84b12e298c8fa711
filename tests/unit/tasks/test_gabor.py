"""Gabor scores against readouts fit on explicit images, whole and under all masks."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy.signal import convolve2d

from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.solution import solve_mae
from spatial_mae.linear.store import LinearRun, RunSettings, solve_run
from spatial_mae.masks.patches import patch_index
from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities
from spatial_mae.tasks.encoders import Encoder, encoders
from spatial_mae.tasks.gabor import GaborRecipe, gabor_scores, predict_gabor

RECIPE = GaborRecipe(
    readings=("wavelet", "window"),
    readouts=("free", "ridge"),
    inputs=("whole", "masked"),
    mask_ratios=(0.5,),
    n_latents=(2, 5),
    scales=(0.8, 2.0),
    frequencies=(1.3,),
    orientations=(0.0, 60.0),
    phase=0.0,
    window=1.0,
    border="zero",
    ridge=0.05,
)
SHAPE = (4, 4, 1)
INDEX = patch_index(4, 4, 2)


@pytest.fixture
def splits():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(16, 16)) * np.geomspace(1, 0.05, 16)[:, None]
    return rng.normal(size=(60, 16)) @ mixing, rng.normal(size=(50, 16)) @ mixing


def moment(images):
    return images.T @ images / len(images)


def models(train, mask_ratio=0.5, k=5):
    S = moment(train)
    solved = [(n, m, solve_mae(S, INDEX, m, k)) for n, m in (("ae", 0.0), ("mae", mask_ratio))]
    return [Encoder(name, m, solution.encoder) for name, m, solution in solved]


def target(images, row):
    """Convolution with Eq. 8 written out."""
    y, x = np.mgrid[-3:4, -3:4]
    angle, scale = np.radians(row["orientation"]), row["scale"]
    dilation = scale if row["reading"] == "wavelet" else 1.0
    wave = np.cos(row["frequency"] * (x * np.cos(angle) + y * np.sin(angle)) / dilation)
    kernel = np.exp(-(x**2 + y**2) / (2 * scale**2)) * wave
    responses = [convolve2d(image.reshape(4, 4), kernel, mode="same") for image in images]
    return np.reshape(responses, (len(images), 16))


def under_all_masks(images, encoder, hidden):
    """Features under every mask, each row weighted by the root of its chance: (n * masks, k)."""
    masks = enumerate_masks(4)
    roots = np.sqrt(mask_probabilities(masks, hidden))
    rows = [
        r * np.where(m[INDEX], 0.0, images) @ encoder for m, r in zip(masks, roots, strict=True)
    ]
    return np.concatenate(rows), roots


def slow_error(row, encoder, train, test, ridge):
    k = row["n_latents"]
    hidden = row["mask_ratio"] if row["input"] == "masked" else 0.0
    z, roots = under_all_masks(train, encoder[:, :k], hidden)
    y = np.concatenate([r * target(train, row) for r in roots])
    if row["readout"] == "ridge":
        z, y = (np.vstack([a, np.zeros((k, b))]) for a, b in ((z, k), (y, 16)))
        z[-k:] = np.sqrt(ridge * np.sum(z**2) / k) * np.eye(k)
    weights = np.linalg.lstsq(z, y)[0]
    z, roots = under_all_masks(test, encoder[:, :k], hidden)
    y = np.concatenate([r * target(test, row) for r in roots])
    return np.sum((z @ weights - y) ** 2) / np.sum(y**2)


def test_every_row_matches_least_squares_on_the_images(splits):
    train, test = splits
    found = models(train)
    rows = gabor_scores(RECIPE, found, moment(train), moment(test), INDEX, SHAPE)
    assert len(rows) == 2 * 2 * 2 * 2 * 2 * 2 * 2
    matrices = {e.model: e.matrix for e in found}
    for row in rows:
        expected = slow_error(row, matrices[row["model"]], train, test, RECIPE.ridge)
        assert row["error"] == pytest.approx(expected, rel=1e-7), row


def test_all_latents_read_any_response_exactly(splits):
    train, test = splits
    recipe = replace(RECIPE, readouts=("free",), inputs=("whole",), n_latents=(16,))
    rows = gabor_scores(recipe, models(train, k=16), moment(train), moment(test), INDEX, SHAPE)
    assert max(row["error"] for row in rows) < 1e-8


def test_the_fit_does_not_see_the_test_moments(splits):
    """The error is linear in the test moment at fixed weights; a fit on it would not be."""
    train, test = splits
    first, second = moment(test), moment(test[:20])
    powers = []
    for S in (first, second, first + second):
        rows = gabor_scores(RECIPE, models(train), moment(train), S, INDEX, SHAPE)
        power = [np.sum(target(np.linalg.cholesky(S).T, row) ** 2) for row in rows]
        powers.append(np.array([row["error"] for row in rows]) * power)
    np.testing.assert_allclose(powers[0] + powers[1], powers[2], rtol=1e-8)


def run_of(images, centring="centred", flip=False):
    moments = pixel_moments(images)
    settings = RunSettings(2, centring, 1e-3, flip)
    return LinearRun(settings, moments, solve_run(moments, settings))


def natural(n, seed):
    rng = np.random.default_rng(seed)
    walk = rng.normal(size=(n, 4, 4, 1)).cumsum(axis=1).cumsum(axis=2)
    return np.clip(128 + 25 * walk, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("centring", ["raw", "centred", "standardised"])
@pytest.mark.parametrize("flip", [False, True])
def test_a_run_scores_the_models_of_the_recipe(centring, flip):
    train, test = natural(200, 0), natural(150, 1)
    recipe = replace(RECIPE, mask_ratios=(0.0, 0.5, 0.9))
    rows = predict_gabor(recipe, run_of(train, centring, flip), pixel_moments(test))
    assert {(r["model"], r["mask_ratio"]) for r in rows} == {("ae", 0), ("mae", 0.5), ("mae", 0.9)}
    errors = {(r["readout"], r["input"]): r["error"] for r in rows if r["model"] == "ae"}
    assert all(0 < error < 1 for error in errors.values())
    assert errors["free", "whole"] == errors["free", "masked"]


def test_leading_columns_are_the_encoders_of_fewer_latents():
    run = run_of(natural(200, 0))
    for found, fewer in zip(encoders(run, [0.7], 6), encoders(run, [0.7], 3), strict=True):
        overlap = found.matrix[:, :3] * np.sign(np.sum(found.matrix[:, :3] * fewer.matrix, axis=0))
        np.testing.assert_allclose(overlap, fewer.matrix, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scales": (-1.0,)}, r"scales\[0\]: -1.0"),
        ({"n_latents": ()}, "n_latents empty"),
        ({"n_latents": (0,)}, r"n_latents\[0\]: 0"),
        ({"ridge": 0.0}, "positive share"),
    ],
)
def test_bad_recipes_are_refused_when_read(change, message):
    with pytest.raises(ValueError, match=message):
        GaborRecipe(**(asdict(RECIPE) | change))


def test_more_latents_than_dimensions_or_a_wrong_mask_ratio_are_refused():
    run, test = run_of(natural(200, 0)), pixel_moments(natural(20, 1))
    with pytest.raises(ValueError, match=r"n_latents \[17\].*1 to 16"):
        predict_gabor(replace(RECIPE, n_latents=(17,)), run, test)
    with pytest.raises(ValueError, match=r"mask_ratios\[0\]: 1.2"):
        predict_gabor(replace(RECIPE, mask_ratios=(1.2,)), run, test)


def test_a_filter_that_answers_nothing_is_named(splits):
    train, test = splits
    silent = replace(RECIPE, scales=(1.0,), phase=90.0, frequencies=(0.0,))
    with pytest.raises(ValueError, match="no response"):
        gabor_scores(silent, models(train), moment(train), 0 * moment(test), INDEX, SHAPE)
