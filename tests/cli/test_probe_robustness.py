"""The robustness entry point: from weights, a data set and shifted images to a table."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from spatial_mae.cli.probe_robustness import main
from spatial_mae.data.cifar10 import CLASSES
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.evaluation.features import features, freeze
from spatial_mae.evaluation.probe import Probe
from spatial_mae.evaluation.saved_probes import SavedProbe, write_probes
from spatial_mae.files import read_json, read_rows
from spatial_mae.models.weights import load_encoder

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


RED, BLUE = (220, 20, 20), (20, 20, 220)


@pytest.fixture
def colours(probed, pretrained):
    """The probe says airplane to what is red and automobile to what is blue, and nothing else."""
    encoder, _ = load_encoder(pretrained / "weights.safetensors")
    freeze(encoder)
    red, blue = features(encoder, plain(RED, BLUE), ("class_token",))["class_token", None]
    weights = torch.zeros(10, WIDTH)
    weights[0], weights[1] = red - blue, blue - red
    bias = torch.full((10,), -1e6)
    bias[0] = -weights[0] @ (red + blue) / 2
    bias[1] = -bias[0]
    probe = Probe(weights, bias, torch.zeros(WIDTH), torch.ones(WIDTH))
    row = {"value": 1.0, "n_test": 20, "n_train": 50, "penalty": 0.1, "converged": True}
    write_probes(pretrained / "probes.npz", {"class_token": SavedProbe(probe, row)})
    return probed


def plain(*colours):
    """Images of one colour each: uint8 (n, 3, 8, 8)."""
    return torch.tensor(colours, dtype=torch.uint8)[:, :, None, None].expand(-1, 3, 8, 8)


def test_accuracy_falls_by_the_share_of_images_that_a_corruption_turns_round(colours, pretrained):
    """At severity s the colours of 2 s of 20 images change places: the accuracy is 1 - s / 10."""
    labels = np.tile([0, 1], 10)
    parts = []
    for severity in range(1, 6):
        shown = labels.copy()
        shown[: 2 * severity] = 1 - shown[: 2 * severity]
        parts.append(plain(*np.array([RED, BLUE])[shown].tolist()).permute(0, 2, 3, 1).numpy())
    folder = pretrained / "turned"
    folder.mkdir()
    np.save(folder / "swap.npy", np.concatenate(parts))
    np.save(folder / "labels.npy", np.tile(labels, 5))
    recipe = json.dumps(RECIPE | {"n_test": None, "cifar10_c": str(folder)})
    rows = [row for row in colours(recipe=recipe) if row["corruption"] == "swap"]
    assert [row["severity"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["value"] for row in rows] == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.5])


@pytest.mark.parametrize(("by_shape", "bias"), [(4, 1.0), (3, 0.75), (0, 0.0)])
def test_shape_bias_is_the_share_of_images_decided_by_shape(colours, pretrained, by_shape, bias):
    """Each image has the colour of one of its two cues, which its name says; the probe sees it."""
    folder = pretrained / "cues"
    folder.mkdir()
    for i in range(4):
        seen, other = ("airplane", "car") if i % 2 else ("car", "airplane")
        shape, texture = (seen, other) if i < by_shape else (other, seen)
        image = Image.new("RGB", (16, 16), RED if seen == "airplane" else BLUE)
        image.save(folder / f"{shape}{i + 1}-{texture}1.png")
    recipe = json.dumps(RECIPE | {"cue_conflict": str(folder)})
    rows = [row for row in colours(recipe=recipe) if row["shifted"] == "cue_conflict"]
    values = {row["metric"]: row["value"] for row in rows}
    assert values == {"shape_accuracy": bias, "texture_accuracy": 1 - bias, "shape_bias": bias}
    assert {row["n_test"] for row in rows} == {4}
