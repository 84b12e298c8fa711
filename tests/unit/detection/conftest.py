"""A small set in COCO's format, and small encoders to detect with."""

import dataclasses

import pytest
import torch
from toy_coco import SIDE, draw_set

from spatial_mae.detection.recipe import DetectionRecipe
from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.models.weights import save_weights


def architecture(patch=8, depth=4, class_token=True, side=SIDE):
    return Architecture(side, side, 3, patch, 1, depth, 1, Backbone(32, 2, 32, 2, 2.0, class_token))


@pytest.fixture
def encoder():
    def make(**sizes):
        sizes = architecture(**sizes)
        statistics = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.3, 0.25])
        return VisionTransformer(sizes, *statistics, torch.Generator().manual_seed(0))

    return make


@pytest.fixture(scope="session")
def shapes(tmp_path_factory):
    """A folder with train/ (24 images) and test/ (8), each with its coco.json."""
    root = tmp_path_factory.mktemp("shapes")
    draw_set(root / "train", 24, 0)
    draw_set(root / "test", 8, 1)
    return root


@pytest.fixture
def own_shapes(tmp_path):
    """A set of two images that a test may spoil: its folder."""
    return draw_set(tmp_path / "own", 2, 2)


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """Weights of an untrained masked autoencoder."""
    path = tmp_path_factory.mktemp("mae") / "weights.safetensors"
    sizes = architecture()
    model = MaskedAutoencoder(sizes, generator=torch.Generator().manual_seed(0))
    metadata = {"kind": "mae", "architecture": to_json(sizes), "status": "completed"}
    metadata |= {"epoch": 3, "epochs": 3, "n_train": 60, "seconds": 1.0, "device": "cpu"}
    save_weights(path, model.state_dict(), metadata)
    return path


@pytest.fixture
def recipe(shapes):
    """A recipe on the set of shapes; arguments override fields."""

    def make(**changes):
        base = DetectionRecipe(
            train_images=str(shapes / "train"),
            train_annotations=str(shapes / "train/coco.json"),
            test_images=str(shapes / "test"),
            test_annotations=str(shapes / "test/coco.json"),
            initialisation="pretrained",
            image_size=None,
            max_size=128,
            epochs=1,
            warmup_epochs=0.0,
            batch_size=4,
            micro_batch=2,
            base_learning_rate=0.1,
            weight_decay=0.05,
            betas=(0.9, 0.999),
            layer_decay=1.0,
            clip_norm=1.0,
            flip=True,
            scale_jitter=(1.0, 1.0),
            n_train=None,
            n_test=None,
            precision="float32",
            out_channels=32,
            anchor_sizes=(8, 16, 32, 64, 128),
            regions=32,
            score_threshold=0.05,
            detections=5,
        )
        return dataclasses.replace(base, **changes)

    return make
