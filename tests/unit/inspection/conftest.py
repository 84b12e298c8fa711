"""A pretrained network and its untrained self for the images of a small labelled data set."""

import json

import numpy as np
import pytest
import torch

from spatial_mae.data.store import Batch, Prepared, open_dataset, write_dataset
from spatial_mae.inspection.inspection import inspect
from spatial_mae.inspection.recipe import InspectionRecipe
from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import save_weights
from spatial_mae.study.recipes import load

RECIPE = {
    "n_images": None,
    "metrics": ["ssim", "mse"],
    "attention": True,
    "n_shown": 2,
    "pixel": [5, 9],
    "mass": 0.6,
    "n_classes": 2,
    "tokens": "mean",
    "components": 4,
    "perplexity": 3,
    "neighbours": 3,
}
LAST = 3


def make_model(seed=0, class_token=True):
    sizes = Architecture(8, 12, 3, 4, 1, 2, 1, Backbone(16, 2, 8, 2, 2.0, class_token))
    statistics = torch.tensor([[0.5, 0.4, 0.45], [0.15, 0.2, 0.1]])
    return MaskedAutoencoder(sizes, *statistics, torch.Generator().manual_seed(seed)).eval()


def write_weights(path, epoch, normalise_targets=False, class_token=True):
    model = make_model(epoch, class_token)
    metadata = {
        "kind": "mae",
        "architecture": to_json(model.architecture),
        "mask_ratio": 0.5,
        "recipe": {"sampling": "exact", "normalise_targets": normalise_targets},
        "n_train": 60,
        "epoch": epoch,
        "epochs": LAST,
        "status": "completed" if epoch == LAST else "training",
    }
    save_weights(path, model.state_dict(), metadata)


def prepare(folder, labelled=True):
    """Test images in three classes, brightest in their left, middle or right third."""
    rng = np.random.default_rng(0)
    splits = {}
    for split, n in (("train", 12), ("test", 30)):
        labels = rng.integers(3, size=n)
        images = rng.normal(100, 15, size=(n, 8, 12, 3))
        for image, label in zip(images, labels, strict=True):
            image[:, 4 * label : 4 * label + 4] += 60
        splits[split] = [Batch(images.clip(0, 255).astype(np.uint8), labels if labelled else None)]
    classes = ("left", "middle", "right") if labelled else None
    prepared = Prepared(splits, (8, 12, 3), pixels="drawn", licence="none", classes=classes)
    write_dataset(folder / "manifest.json", "toy", "test", prepared, {})
    return open_dataset(folder / "manifest.json")


@pytest.fixture
def recipe():
    """Build an InspectionRecipe, with changes."""
    return lambda **changes: load(InspectionRecipe, json.dumps(RECIPE | changes))


@pytest.fixture
def model():
    return make_model


@pytest.fixture
def dataset(tmp_path):
    return prepare(tmp_path / "data")


@pytest.fixture
def unlabelled(tmp_path):
    return prepare(tmp_path / "unlabelled", labelled=False)


@pytest.fixture
def inspected(tmp_path, dataset, recipe):
    """Inspect a run of three epochs; keywords change its recipe."""

    def call(
        data=dataset,
        seed=0,
        normalise_targets=False,
        class_token=True,
        device="cpu",
        **changes,
    ):
        paths = tmp_path / "weights.safetensors", tmp_path / "checkpoints"
        write_weights(paths[0], LAST, normalise_targets, class_token)
        write_weights(paths[1] / "epoch-0.safetensors", 0, normalise_targets, class_token)
        return inspect(data, *paths, recipe(**changes), seed, device)

    return call
