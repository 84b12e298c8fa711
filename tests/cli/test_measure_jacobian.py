"""The Jacobian's entry point: this project's weights and transformers', data sets and folders."""

import json

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from transformers import ViTMAEConfig, ViTMAEForPreTraining

from spatial_mae.cli.measure_jacobian import RECIPE, main
from spatial_mae.files import read_json, read_rows
from spatial_mae.models.heads import Classifier
from spatial_mae.models.positions import sin_cos_positions
from spatial_mae.models.weights import load_encoder, save_weights

SMALL = RECIPE | {"n_images": 2, "n_outputs": 5, "n_bins": 4, "bases": ["e", 2]}


@pytest.fixture
def measure(pretrained, run_with, monkeypatch):
    monkeypatch.chdir(pretrained)

    def run(recipe=SMALL, **changes):
        flags = {"weights": "weights.safetensors", "images": "manifest.json", "threads": 1}
        run_with(main, **(flags | {"recipe": json.dumps(recipe)} | changes))
        names = ("summary", "profile", "histogram")
        return tuple(read_rows(pretrained / f"jacobian_{name}.csv") for name in names)

    return run


def test_a_run_beside_its_controls(measure, pretrained):
    summary, profile, histogram = measure(checkpoints="checkpoints", moments="moments.npz")
    assert {row["source"] for row in summary} == {"network", "untrained", "linear", "uniform"}
    assert {row["source"]: row["epoch"] for row in summary} == {
        "network": 3,
        "untrained": 0,
        "linear": None,
        "uniform": None,
    }
    common = {"dataset": "toy", "patch": 2, "unit": 1, "mask": 0.75, "enc": 1, "dec": 1}
    common |= {"epochs": 3, "pretrain_n_train": 60, "model_width": 8, "status": "completed"}
    common |= {"split": "test", "n_masks": 1, "outputs": "hidden"}
    for rows in (summary, profile, histogram):
        assert {key: rows[0][key] for key in common} == common
    keys = ("source", "power", "channels", "base", "normalised")
    entropies = {tuple(row[key] for key in keys) for row in summary if row["measure"] == "entropy"}
    assert len(entropies) == 4 * 2 * 2 * 2 * 3
    shares = [row["share"] for row in histogram if row["source"] == "network"]
    assert sum(shares) == pytest.approx(2 * 2 * 2 * 3)
    assert {row["weighting"] for row in profile} == {"normalised", "plain"}
    inputs = read_json(pretrained / "jacobian.record.json")["inputs"]
    assert set(inputs) == {"weights.safetensors", "manifest.json", "moments.npz"}


def test_the_same_seed_gives_the_same_numbers(measure):
    first, again, other = measure(seed=1), measure(seed=1), measure(seed=2)
    assert first == again
    assert first[0] != other[0]


def test_without_controls_there_are_network_and_uniform_only(measure):
    assert {row["source"] for row in measure()[0]} == {"network", "uniform"}


def test_weights_of_transformers_and_a_folder_of_images(measure, pretrained):
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    sizes |= {"intermediate_size": 32, "decoder_hidden_size": 16, "decoder_intermediate_size": 32}
    sizes |= {"decoder_num_hidden_layers": 1, "decoder_num_attention_heads": 2}
    config = ViTMAEConfig(image_size=8, patch_size=2, **sizes)
    network = ViTMAEForPreTraining(config)
    for positions in (
        network.vit.embeddings.position_embeddings,
        network.decoder.decoder_pos_embed,
    ):
        # Those of a trained checkpoint, which a random network lacks.
        positions.data[0] = torch.nn.functional.pad(sin_cos_positions(4, 4, 16), (0, 0, 1, 0))
    network.save_pretrained(pretrained / "vit")
    (pretrained / "photos").mkdir()
    for number in range(3):
        pixels = np.random.default_rng(number).integers(256, size=(8, 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(pretrained / f"photos/{number}.png")
    summary = measure(weights="vit", images="photos", mask_ratio=0.5)[0]
    found = {key: summary[0].get(key) for key in ("dataset", "split", "patch", "mask", "epochs")}
    wanted = {"dataset": "photos", "split": None, "patch": 2, "mask": 0.5, "epochs": None}
    assert found == wanted
    assert all(row["value"] is not None for row in summary)
    with pytest.raises(ValueError, match="does not say how long it was trained"):
        measure(weights="vit", images="photos", checkpoints="checkpoints")
    Image.fromarray(np.zeros((9, 8, 3), np.uint8)).save(pretrained / "photos/3.png")
    with pytest.raises(ValueError, match=r"3\.png: 9 x 8 pixels .*network is for 8 x 8"):
        measure(SMALL | {"n_images": 4}, weights="vit", images="photos")


def test_what_cannot_be_measured_is_refused(measure, pretrained):
    encoder, metadata = load_encoder(pretrained / "weights.safetensors")
    classifier = Classifier(encoder, 2, "mean")
    path = pretrained / "classifier.safetensors"
    save_weights(path, classifier.state_dict(), metadata | {"kind": "classifier"})
    with pytest.raises(ValueError, match="no decoder"):
        measure(weights=path)
    with pytest.raises(ValueError, match="mask ratio 0"):
        measure(mask_ratio=0)
    with pytest.raises(ValueError, match="n_images: 0"):
        measure(SMALL | {"n_images": 0})
    with pytest.raises(FileNotFoundError, match="no folder of images"):
        measure(images="nowhere")
    assert not (pretrained / "jacobian_summary.csv").exists()


def test_the_default_recipe_is_that_of_the_config(project):
    config = yaml.safe_load((project / "config.yaml").read_text())
    found = config["recipes"]["jacobian"]["default"]
    sizes = {"n_images": RECIPE["n_images"], "n_outputs": RECIPE["n_outputs"]}
    assert found | sizes == RECIPE
