"""Levels read from features of whole images: controls with known answers, and an oracle."""

import numpy as np
import pytest
from toy_recovery import tree_dataset, write_run

from spatial_mae.evaluation.features import features, freeze
from spatial_mae.identifiability.level_recipe import LevelRecoveryRecipe
from spatial_mae.identifiability.level_recovery import (
    leading_components,
    level_scores,
    recover_levels,
)
from spatial_mae.identifiability.regression import Sample, held_out_r_squared
from spatial_mae.models.weights import load_encoder
from spatial_mae.training.loader import load_images, subset

RECIPE = LevelRecoveryRecipe(
    n_fitted=300, n_test=150, representations=("components", "mean", "tokens"), components=4
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_run(folder)
    return folder


@pytest.fixture(scope="module")
def dataset(folder):
    return tree_dataset(folder)


@pytest.fixture(scope="module")
def rows(folder, dataset):
    return recover_levels(dataset, folder / "w.safetensors", folder / "checkpoints", RECIPE)


def test_a_row_for_every_choice(rows):
    keys = ("source", "representation", "readout", "metric", "level")
    found = {tuple(row[key] for key in keys) for row in rows}
    encoded = {(s, r) for s in ("trained", "untrained") for r in RECIPE.representations}
    assert len(found) == len(rows)
    assert {key[:2] for key in found} == encoded | {("pixels", "whole")}
    metrics = {("r_squared", 1), ("r_squared", 0), ("mean_level", "all")}
    assert {key[3:] for key in found} == metrics
    counts = {(row["representation"], row["components"]) for row in rows}
    assert counts == {("components", 4), ("mean", None), ("tokens", None), ("whole", None)}


def test_pixels_of_linear_images_hold_every_latent(rows):
    found = [r for r in rows if r["source"] == "pixels"]
    assert all(row["value"] > 0.98 for row in found if row["metric"] == "r_squared")
    (level,) = [row["value"] for row in found if row["metric"] == "mean_level"]
    assert level == pytest.approx(2 / 10, abs=0.01)  # 2 noises of the root, 8 of the patches


def test_the_mean_token_is_the_regression_on_it(rows, folder, dataset):
    encoder, _ = load_encoder(folder / "w.safetensors", "cpu")
    freeze(encoder)
    samples = []
    for split, n in (("train", 300), ("test", 150)):
        found = features(encoder, load_images(dataset, split, n), ("mean",))["mean", None]
        latents = dataset.latents(split)
        chosen = latents[subset(len(latents), n)].astype(float)
        samples.append(Sample(found.double().numpy(), chosen))
    scores = held_out_r_squared(*samples, "linear", RECIPE)
    wanted = {"source": "trained", "representation": "mean", "metric": "r_squared", "level": 1}
    (value,) = [r["value"] for r in rows if all(r[k] == v for k, v in wanted.items())]
    assert value == pytest.approx(scores[:2].mean(), abs=1e-4)


def test_levels_are_weighted_by_r_squared():
    found = list(level_scores(np.array([1.0, 0.5, 0.5, -0.2]), np.array([2, 1, 1, 0])))
    values = {(row["metric"], row["level"]): row["value"] for row in found}
    assert values == {
        ("r_squared", 2): 1.0,
        ("r_squared", 1): 0.5,
        ("r_squared", 0): -0.2,
        ("mean_level", "all"): 1.5,
    }
    *_, none = level_scores(np.array([-0.1, -0.2]), np.array([1, 0]))
    assert none["value"] is None


def test_components_are_those_of_largest_variance():
    rng = np.random.default_rng(0)
    values = rng.standard_normal((500, 3)) * [0.1, 5.0, 1.0] + 7
    found = leading_components({"train": values, "test": values[:10]}, 2)
    assert found["test"].shape == (10, 2)
    for column, source in ((1, 1), (0, 2)):
        correlation = np.corrcoef(found["train"][:, column], values[:, source])[0, 1]
        assert abs(correlation) > 0.99


def test_more_components_than_values_are_refused():
    with pytest.raises(ValueError, match="the tokens have 3 values"):
        leading_components({"train": np.eye(3), "test": np.eye(3)}, 4)
