"""A tiny data set whose classes show in its images, and networks pretrained on nothing."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from spatial_mae.data.store import Batch, Prepared, open_dataset, write_dataset
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import save_weights
from spatial_mae.study.recipes import load

RECIPE = {
    "representations": ["class_token", "mean", "blocks"],
    "checkpoints": "last",
    "n_train": 60,
    "n_test": None,
    "validation_share": 0.25,
    "penalties": [0.01, 0.1],
    "max_iterations": 50,
    "neighbours": 3,
    "n_reconstructed": 10,
    "n_masks": 2,
    "n_gallery": 2,
    "control_colour": "luma",
    "control_centring": "centred",
    "control_ridge": 0.01,
}


def make_images(n, seed, channels=3):
    """uint8 (n, 8, 12, channels): the class, 0 to 2, is the brightest third of the image."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    images = rng.normal(100, 15, size=(n, 8, 12, channels))
    for image, label in zip(images, labels, strict=True):
        image[:, 4 * label : 4 * label + 4] += 60
    return Batch(images.clip(0, 255).astype(np.uint8), labels)


def prepare(folder, labelled=True, channels=3, n_train=80):
    """Write the data set `toy` and open it."""
    splits = {"train": make_images(n_train, 0, channels), "test": make_images(30, 1, channels)}
    if not labelled:
        splits = {split: Batch(batch.images) for split, batch in splits.items()}
    prepared = Prepared(
        splits={split: [batch] for split, batch in splits.items()},
        shape=(8, 12, channels),
        pixels="drawn",
        licence="none",
        classes=("left", "middle", "right") if labelled else None,
    )
    write_dataset(folder / "manifest.json", "toy", "test", prepared, {})
    return open_dataset(folder / "manifest.json")


def make_architecture(depth=2, class_token=True, **changes):
    backbone = Backbone(16, 2, 8, 2, 2.0, class_token)
    sizes = {"height": 8, "width_pixels": 12, "channels": 3, "patch_size": 4, "unit": 1} | changes
    return Architecture(**sizes, encoder_depth=depth, decoder_depth=1, backbone=backbone)


def make_model(architecture=None, seed=0):
    generator = torch.Generator().manual_seed(seed)
    statistics = torch.tensor([[0.5, 0.4, 0.45], [0.15, 0.2, 0.1]])[
        :, : (architecture or make_architecture()).channels
    ]
    return MaskedAutoencoder(architecture or make_architecture(), *statistics, generator).eval()


def write_weights(path, epoch=4, architecture=None, **changes):
    architecture = architecture or make_architecture()
    model = make_model(architecture, seed=epoch)
    metadata = {
        "kind": "mae",
        "architecture": to_json(architecture),
        "mask_ratio": 0.5,
        "recipe": {
            "sampling": "exact",
            "loss_on": "hidden",
            "normalise_targets": False,
            "crop_scale": [0.2, 1.0],
            "flip": True,
            "batch_size": 32,
            "warmup_epochs": 1,
            "weight_decay": 0.05,
        },
        "seed": 0,
        "n_train": 60,
        "epoch": epoch,
        "epochs": 4,
        "status": "completed" if epoch == 4 else "training",
        "seconds": 2.5 * epoch,
        "images_per_second": 100.0,
        "peak_memory_bytes": 1000 + epoch,
        "precision": "bfloat16",
        "device": "a GPU",
        "parameters": sum(p.numel() for p in model.parameters()),
    }
    save_weights(path, model.state_dict(), metadata | changes)
    return model


@pytest.fixture
def dataset(tmp_path):
    return prepare(tmp_path / "data")


@pytest.fixture
def unlabelled(tmp_path):
    return prepare(tmp_path / "unlabelled", labelled=False)


@pytest.fixture
def recipe():
    """Build an EvaluationRecipe, with changes."""
    return lambda **changes: load(EvaluationRecipe, json.dumps(RECIPE | changes))


@pytest.fixture
def architecture():
    return make_architecture


@pytest.fixture
def model():
    return make_model


@pytest.fixture
def weights():
    return write_weights


@pytest.fixture
def prepare_data():
    return prepare


@pytest.fixture
def two_labels(dataset):
    """The data set `toy`, whose classes have a factor: whether they are in the middle."""
    factors = {"place": ["outside", "inside", "outside"]}
    return replace(dataset, manifest=dataset.manifest | {"factors": factors})
