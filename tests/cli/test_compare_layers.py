"""The similarity entry point: from two weights files and a data set to a table."""

import json

import numpy as np
import pytest
import torch

from spatial_mae.cli.compare_layers import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.files import read_json, read_rows
from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import save_weights

RECIPE = {
    "reference": {"enc": 2},
    "n_images": 12,
    "batch_size": 6,
    "split": "test",
    "tokens": "mean",
}
COLUMNS = {"layer", "reference_layer", "cka", "n_images", "reference_enc", "status"}
COLUMNS |= {"protocol", "split", "tokens", "seconds", "images_per_second"}
SCALE = {"epochs", "pretrain_n_train", "model_width"}


def write_weights(path, depth, side=8):
    backbone = Backbone(8, 2, 8, 2, 2.0, True)
    architecture = Architecture(side, side, 1, 4, 1, depth, 1, backbone)
    model = MaskedAutoencoder(architecture, generator=torch.Generator().manual_seed(depth))
    metadata = {
        "kind": "mae",
        "architecture": to_json(architecture),
        "status": "completed",
        "epochs": 3,
        "n_train": 15,
    }
    save_weights(path, model.state_dict(), metadata)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    batches = {s: [Batch(rng.integers(256, size=(15, 8, 8, 1), dtype=np.uint8))] for s in SPLITS}
    prepared = Prepared(splits=batches, shape=(8, 8, 1), pixels="drawn", licence="none")
    write_dataset(tmp_path / "manifest.json", "toy", "test", prepared, {})
    write_weights(tmp_path / "weights.safetensors", 1)
    write_weights(tmp_path / "reference.safetensors", 2)
    return tmp_path


SPLITS = ("train", "test")


def run(folder, recipe=RECIPE, **changes):
    flags = {
        "manifest": folder / "manifest.json",
        "weights": folder / "weights.safetensors",
        "reference": folder / "reference.safetensors",
        "recipe": json.dumps(recipe),
        "threads": 1,
        "similarity": folder / "similarity.csv",
        "seed": 0,
        "record": folder / "record.json",
    } | changes
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "similarity.csv")


def test_writes_each_pair_of_layers_and_a_record(folder):
    rows = run(folder)
    assert set(rows[0]) == COLUMNS | SCALE
    assert [(row["layer"], row["reference_layer"]) for row in rows] == [(1, 1), (1, 2)]
    assert all(row["cka"] <= 1.01 for row in rows)
    assert {(row["n_images"], row["reference_enc"]) for row in rows} == {(12, 2)}
    assert len(read_json(folder / "record.json")["inputs"]) == 3


def test_the_reference_may_be_the_run_itself(folder):
    rows = run(folder, reference=folder / "weights.safetensors")
    assert [row["cka"] for row in rows] == pytest.approx([1.0], abs=1e-9)


def test_a_reference_for_other_images_is_refused(folder):
    write_weights(folder / "reference.safetensors", 2, side=16)
    with pytest.raises(ValueError, match="the network is for 16 x 16 x 1"):
        run(folder)
    assert not (folder / "similarity.csv").exists()
