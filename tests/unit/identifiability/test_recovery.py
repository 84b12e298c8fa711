"""Recovery on a small tree: shapes, controls with a known answer, encoders against an oracle."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from toy_recovery import RECIPE, tree_dataset, write_run

from spatial_mae.hierarchy.builders import quad_tree
from spatial_mae.identifiability import recovery
from spatial_mae.identifiability.recovery import recover_latents
from spatial_mae.identifiability.regression import Sample, held_out_r_squared
from spatial_mae.identifiability.roles import coordinates
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.weights import load_encoder
from spatial_mae.training.loader import subset
from spatial_mae.training.randomness import generator_for

KEYS = ("source", "representation", "readout", "role", "level")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def dataset(folder):
    write_run(folder)
    return tree_dataset(folder)


@pytest.fixture(scope="module")
def rows(folder, dataset):
    return recover(folder, dataset)


def recover(folder, dataset, recipe=RECIPE, device="cpu"):
    paths = folder / "w.safetensors", folder / "checkpoints"
    return recover_latents(dataset, *paths, recipe, 5, device)


def test_a_gpu_finds_the_same(folder, dataset, rows, gpu):
    found = recover(folder, dataset, device=gpu)
    values = ([row["r_squared"] for row in made] for made in (found, rows))
    assert next(values) == pytest.approx(next(values), abs=1e-3)


def test_a_row_for_every_choice(rows):
    found = {tuple(row[key] for key in KEYS) for row in rows}
    assert len(found) == len(rows)
    encoded = {(s, r) for s in ("trained", "untrained") for r in RECIPE.representations}
    others = {("pixels", "visible"), ("latents", "mixed"), ("shuffled", "mixed")}
    assert {key[:2] for key in found} == encoded | others
    # One of four patches is hidden: c is the root.
    assert {key[3:] for key in found} == {
        *(("shared", "all"), ("shared", 1), ("hidden", "all"), ("hidden", 0)),
        *(("visible", "all"), ("visible", 0)),
    }
    assert {(row["n_masks"], row["n_fitted"], row["status"]) for row in rows} == {
        (2, RECIPE.n_fitted, "completed")
    }


@pytest.mark.parametrize(
    ("sampling", "drawn"), [("exact", "exact"), ("bernoulli", "exact"), ("block", "block")]
)
def test_masks_follow_the_law_of_the_training(tmp_path, dataset, monkeypatch, sampling, drawn):
    laws = []

    def draw(*law):
        laws.append(law[-1])
        return draw_masks(*law)

    write_run(tmp_path, sampling=sampling)
    monkeypatch.setattr(recovery, "draw_masks", draw)
    recover(tmp_path, dataset)
    assert laws == [drawn]


def test_controls_have_the_known_answers(rows):
    for row in rows:
        if row["role"] == "hidden" or row["source"] == "shuffled":
            assert abs(row["r_squared"]) < 0.1, row
        if (row["source"], row["role"]) == ("latents", "shared"):
            assert row["r_squared"] > 0.9, row
        if (row["source"], row["role"]) == ("latents", "visible"):
            assert abs(row["r_squared"]) < 0.1, row
        # The equations are linear and every patch determines all above it.
        if row["source"] == "pixels" and row["role"] != "hidden" and row["readout"] == "linear":
            assert row["r_squared"] > 0.9, row


@pytest.mark.parametrize("name", ["class_token", "mean", "tokens"])
def test_the_trained_encoder_is_read_as_its_own_forward_pass_gives_it(folder, dataset, rows, name):
    encoder, _ = load_encoder(folder / "w.safetensors")
    masks = draw_masks(
        generator_for(5, 0, 0, "recovery masks"), 2, encoder.architecture, 0.25, "exact"
    )
    expected = []
    for mask in masks:
        samples = []
        for split, n in (("train", RECIPE.n_fitted), ("test", RECIPE.n_test)):
            chosen = subset(len(dataset.images(split)), n)
            images = torch.from_numpy(dataset.images(split)[chosen]).permute(0, 3, 1, 2) / 255
            with torch.no_grad():
                tokens = encoder(images, mask.expand(n, -1)).double()
            read = {"class_token": tokens[:, 0], "mean": tokens[:, 1:].mean(1)}
            features = read.get(name, tokens[:, 1:].flatten(1)).numpy()
            samples.append(Sample(features, dataset.latents(split)[chosen].astype(float)))
        places = coordinates(quad_tree(1), dataset.manifest["latents"], mask.numpy())
        scores = held_out_r_squared(*samples, "linear", RECIPE)
        expected.append(scores[places.of("visible")].mean())
    key = ("trained", name, "linear", "visible", "all")
    (found,) = [row for row in rows if tuple(row[k] for k in KEYS) == key]
    assert found["r_squared"] == pytest.approx(np.mean(expected), abs=1e-4)
    error = np.std(expected, ddof=1) / np.sqrt(2)
    assert found["standard_error"] == pytest.approx(error, abs=1e-4)


def test_one_mask_has_no_standard_error_and_a_seed_repeats(folder, dataset):
    recipe = replace(RECIPE, n_masks=1, readouts=("linear",))
    first, again = (recover(folder, dataset, recipe) for _ in range(2))
    assert first == again
    assert {row["standard_error"] for row in first} == {None}


def test_patches_that_are_no_leaves_are_refused(tmp_path, dataset):
    write_run(tmp_path, patch_size=4)
    with pytest.raises(
        ValueError, match=r"1 x 1 patches.*2 x 2 leaves: pretrain with patches of 2"
    ):
        recover(tmp_path, dataset)


def test_an_encoder_without_class_token_has_none_to_read(tmp_path, dataset):
    write_run(tmp_path, class_token=False)
    with pytest.raises(ValueError, match="no class token"):
        recover(tmp_path, dataset)
