"""Layers of two encoders compared on a data set."""

import json

import pytest
import torch

from spatial_mae.evaluation.cka import linear_cka
from spatial_mae.evaluation.recipe import SimilarityRecipe
from spatial_mae.evaluation.similarity import compare_layers
from spatial_mae.study.recipes import load

RECIPE = {"reference": {}, "n_images": 30, "batch_size": 15, "split": "test", "tokens": "mean"}


@pytest.fixture
def compare(tmp_path, dataset, weights, architecture):
    weights(tmp_path / "ours.safetensors")
    weights(tmp_path / "theirs.safetensors", 3, architecture(depth=3))

    def call(ours="ours", theirs="theirs", seed=0, device="cpu", **changes):
        recipe = load(SimilarityRecipe, json.dumps(RECIPE | changes))
        paths = (tmp_path / f"{name}.safetensors" for name in (ours, theirs))
        return compare_layers(dataset, *paths, recipe, seed, device)

    return call


def test_every_pair_of_blocks(compare):
    rows = compare()
    assert [(r["layer"], r["reference_layer"]) for r in rows] == [
        (i, j) for i in (1, 2) for j in (1, 2, 3)
    ]
    common = {(r["n_images"], r["reference_enc"], r["model_width"], r["status"]) for r in rows}
    assert common == {(30, 3, 16, "training")}
    assert all(r["cka"] < 1.01 for r in rows)
    assert {(r["protocol"], r["split"], r["tokens"]) for r in rows} == {("cka", "test", "mean")}
    assert all(r["seconds"] > 0 and r["images_per_second"] > 0 for r in rows)


def test_a_gpu_finds_the_same(compare, gpu):
    for ours, expected in zip(compare(device=gpu), compare(), strict=True):
        assert ours["cka"] == pytest.approx(expected["cka"], abs=1e-6)


def test_a_network_is_like_itself(compare):
    rows = compare(theirs="ours", n_images=20, batch_size=6)
    same = [r["cka"] for r in rows if r["layer"] == r["reference_layer"]]
    assert same == pytest.approx([1.0, 1.0], abs=1e-9)
    assert {(r["n_images"], r["status"]) for r in rows} == {(18, "completed")}


@pytest.mark.parametrize("tokens", ["mean", "class_token"])
def test_one_batch_is_the_cka_of_its_features(compare, dataset, model, architecture, tokens):
    images = torch.from_numpy(dataset.images("test").copy()).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        layers = [
            [
                x[:, 0] if tokens == "class_token" else x[:, 1:].mean(1)
                for x in encoder.layers(images)
            ]
            for encoder in (model(seed=4).encoder, model(architecture(depth=3), 3).encoder)
        ]
    expected = linear_cka([(layers[0][1:], layers[1][1:])]).flatten()
    found = [row["cka"] for row in compare(batch_size=30, tokens=tokens)]
    assert found == pytest.approx(expected.tolist(), abs=1e-4)


def test_images_left_in_their_file_compare_alike(compare, monkeypatch):
    whole = [row["cka"] for row in compare(batch_size=7)]
    monkeypatch.setattr("spatial_mae.training.loader.SHARE_OF_MEMORY", 0)
    assert [row["cka"] for row in compare(batch_size=7)] == whole


def test_images_are_shuffled_before_they_are_batched(compare):
    def values(seed):
        return [row["cka"] for row in compare(seed=seed)]

    assert values(1) == values(1)
    assert values(1) != values(2)


def test_what_does_not_fit_is_refused(compare, weights, architecture, tmp_path):
    with pytest.raises(ValueError, match="31 images wanted of 30"):
        compare(n_images=31)
    weights(tmp_path / "small.safetensors", architecture=architecture(width_pixels=8))
    with pytest.raises(ValueError, match="the network is for 8 x 8 x 3"):
        compare(theirs="small")
    weights(tmp_path / "plain.safetensors", architecture=architecture(class_token=False))
    with pytest.raises(ValueError, match="no class token"):
        compare(theirs="plain", tokens="class_token")
