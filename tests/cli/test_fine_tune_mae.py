"""The fine-tuning entry point: from pretrained weights to a row of scores, with its record."""

import json

import pytest
import torch
from safetensors.torch import load_file
from toy_training import CLASSIFICATION, MODEL, toy_dataset

from spatial_mae.cli.fine_tune_mae import main
from spatial_mae.data.store import open_dataset
from spatial_mae.files import read_json, read_rows
from spatial_mae.models.architecture import Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import save_weights
from spatial_mae.study.recipes import load
from spatial_mae.training.training_data import architecture_for


@pytest.fixture
def pretrained(tmp_path):
    manifest = toy_dataset(tmp_path / "data")
    backbone = load(Backbone, json.dumps(MODEL))
    architecture = architecture_for(open_dataset(manifest), backbone, 4, 1, 1, 1)
    model = MaskedAutoencoder(architecture, generator=torch.Generator().manual_seed(0))
    metadata = {"kind": "mae", "architecture": to_json(architecture)}
    metadata |= {"epoch": 5, "seconds": 2.0, "status": "completed"}
    save_weights(tmp_path / "mae.safetensors", model.state_dict(), metadata)
    return tmp_path


def run(folder, blocks, recipe=CLASSIFICATION, **changes):
    flags = {
        "manifest": folder / "data/manifest.json",
        "weights": folder / "mae.safetensors",
        "blocks": blocks,
        "recipe": json.dumps(recipe),
        "threads": 1,
        "runs-per-gpu": 1,
        "state": folder / "state",
        "scores": folder / "scores.csv",
        "history": folder / "history.csv",
        "tuned": folder / "tuned.safetensors",
        "record": folder / "record.json",
    } | changes
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "scores.csv")


@pytest.mark.parametrize("blocks", [0, 1, "all"])
def test_writes_scores_history_weights_and_a_record(pretrained, blocks):
    (row,) = run(pretrained, blocks)
    assert row["protocol"] == "fine_tuning" and row["blocks"] == blocks
    assert row["pretrain_epochs"] == 5 and row["n_test"] == 20
    assert len(read_rows(pretrained / "history.csv")) == CLASSIFICATION["epochs"]
    assert "head.weight" in load_file(pretrained / "tuned.safetensors")
    record = read_json(pretrained / "record.json")
    assert record["accuracy"] == row["accuracy"]
    named = {path.rpartition("/")[2] for path in record["inputs"]}
    assert named == {"manifest.json", "mae.safetensors"}


def test_images_that_do_not_fit_in_memory_change_nothing(pretrained, monkeypatch):
    (whole,) = run(pretrained, 1)
    monkeypatch.setattr("spatial_mae.training.loader.SHARE_OF_MEMORY", 0)
    (mapped,) = run(pretrained, 1)
    names = ("accuracy", "train_accuracy", "n_train", "n_test")
    assert [mapped[name] for name in names] == [whole[name] for name in names]


def test_bad_input_is_refused_and_leaves_no_output(pretrained):
    with pytest.raises(ValueError, match="blocks 2: expected 0 to 1"):
        run(pretrained, 2)
    with pytest.raises(SystemExit):
        run(pretrained, "some")
    with pytest.raises(ValueError, match="did you mean 'layer_decay'"):
        run(pretrained, 1, CLASSIFICATION | {"layerdecay": 1})
    with pytest.raises(ValueError, match="truncated"):
        run(pretrained, 1, weights=pretrained / "data/manifest.json")
    assert not (pretrained / "scores.csv").exists()
    assert not (pretrained / "record.json").exists()
