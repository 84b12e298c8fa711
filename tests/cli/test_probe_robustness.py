"""The robustness entry point: from weights, a data set and shifted images to a table."""

import json

import numpy as np
import pytest
import torch

from spatial_mae.cli.probe_robustness import main
from spatial_mae.data.cifar10 import CLASSES
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.evaluation.probe import Probe
from spatial_mae.evaluation.saved_probes import SavedProbe, write_probes
from spatial_mae.files import read_json, read_rows

RECIPE = {
    "evaluation": "toy",
    "tokens": "class_token",
    "n_test": 10,
    "prepared": ["toy"],
    "cifar10_c": None,
    "cifar10_1": None,
    "imagenet_v2": None,
    "imagenet_a": None,
    "imagenet_r": None,
    "imagenet_sketch": None,
    "objectnet": None,
    "cue_conflict": None,
}


@pytest.fixture
def probed(pretrained, run_with):
    """Run on labelled images of CIFAR-10's classes, with shifted ones of each kind beside them."""
    rng = np.random.default_rng(0)

    def images(n):
        return rng.integers(256, size=(n, 8, 8, 3), dtype=np.uint8)

    splits = {s: [Batch(images(n), rng.integers(10, size=n))] for s, n in SIZES.items()}
    toy = Prepared(splits, (8, 8, 3), pixels="drawn", licence="none", classes=CLASSES)
    write_dataset(pretrained / "toy/manifest.json", "toy", "test", toy, {})
    for name, n in (("cifar10.1_v6_data", 6), ("fog", 20)):
        np.save(pretrained / f"{name}.npy", images(n))
    parts = {"weights": (10, WIDTH), "bias": 10, "mean": WIDTH, "scale": WIDTH}
    probe = Probe(
        **{part: torch.from_numpy(rng.normal(size=n)).float() for part, n in parts.items()}
    )
    row = {"value": 0.3, "n_test": 20, "n_train": 50, "penalty": 0.1, "converged": True}
    write_probes(pretrained / "probes.npz", {"class_token": SavedProbe(probe, row)})
    (pretrained / "c").mkdir()
    (pretrained / "fog.npy").rename(pretrained / "c/fog.npy")
    np.save(pretrained / "c/labels.npy", np.tile(np.arange(4), 5))
    np.save(pretrained / "cifar10.1_v6_labels.npy", np.arange(6))

    def call(**changes):
        flags = {
            "manifest": pretrained / "toy/manifest.json",
            "shifted": pretrained / "toy/manifest.json",
            "weights": pretrained / "weights.safetensors",
            "probes": pretrained / "probes.npz",
            "recipe": json.dumps(
                RECIPE | {"cifar10_c": str(pretrained / "c"), "cifar10_1": str(pretrained)}
            ),
            "threads": 1,
            "runs_per_gpu": 1,
            "accuracy": pretrained / "accuracy.csv",
            "record": pretrained / "record.json",
        }
        run_with(main, **flags | changes)
        return read_rows(pretrained / "accuracy.csv")

    return call


SIZES = {"train": 60, "test": 20}
WIDTH = 8  # of the network


def test_writes_a_row_for_each_set_corruption_and_severity(probed, pretrained):
    rows = probed()
    assert [(row["shifted"], row["corruption"], row["severity"]) for row in rows] == [
        ("own", None, None),
        ("toy", None, None),
        ("cifar10_1_v6", None, None),
        *(("cifar10_c", "fog", severity) for severity in range(1, 6)),
    ]
    assert [row["n_test"] for row in rows] == [20, 10, 6, *5 * [4]]
    assert {row["n_train"] for row in rows} == {50}
    assert (rows[0]["value"], rows[0]["converged"]) == (0.3, "yes")
    assert len(read_json(pretrained / "record.json")["inputs"]) == 3


def test_a_missing_folder_writes_nothing(probed, pretrained):
    with pytest.raises(FileNotFoundError, match="labels.npy"):
        probed(recipe=json.dumps(RECIPE | {"cifar10_c": str(pretrained / "nowhere")}))
    assert not (pretrained / "accuracy.csv").exists()
