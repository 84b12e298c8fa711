"""A small set in COCO's format, drawn here, and small encoders to detect with."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from spatial_mae.detection.recipe import DetectionRecipe
from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.models.weights import save_weights

COLOURS = {3: (220, 30, 30), 8: (30, 30, 220)}
SIDE = 64


def architecture(patch=8, depth=4, class_token=True, side=SIDE):
    return Architecture(side, side, 3, patch, 1, depth, 1, Backbone(32, 2, 32, 2, 2.0, class_token))


@pytest.fixture
def encoder():
    def make(**sizes):
        sizes = architecture(**sizes)
        statistics = torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.3, 0.25])
        return VisionTransformer(sizes, *statistics, torch.Generator().manual_seed(0))

    return make


def draw_set(folder, n, seed):
    """Red rectangles (3) and blue ellipses (8) on noise; the first image has a crowd besides."""
    from pycocotools import mask

    rng = np.random.default_rng(seed)
    folder.mkdir()
    images, annotations = [], []
    for i in range(n):
        picture = Image.fromarray(rng.integers(60, 140, size=(SIDE, SIDE, 3), dtype=np.uint8))
        pen = ImageDraw.Draw(picture)
        category = (3, 8)[i % 2]
        width, height = (int(v) for v in rng.integers(20, 36, size=2))
        x, y = (int(rng.integers(2, SIDE - size - 2)) for size in (width, height))
        corners = (x, y, x + width - 1, y + height - 1)
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        if category == 3:
            pen.rectangle(corners, fill=COLOURS[3])
            outline = [x, y, x + width, y, x + width, y + height, x, y + height]
        else:
            pen.ellipse(corners, fill=COLOURS[8])
            round_x = x + width / 2 * (1 + np.cos(angles))
            round_y = y + height / 2 * (1 + np.sin(angles))
            outline = np.stack([round_x, round_y], axis=1).ravel().tolist()
        picture.save(folder / f"{i}.png")
        images.append({"id": i + 5, "file_name": f"{i}.png", "width": SIDE, "height": SIDE})
        one = {"image_id": i + 5, "category_id": category, "bbox": [x, y, width, height]}
        one |= {"segmentation": [outline], "area": width * height, "iscrowd": 0}
        annotations.append({"id": len(annotations), **one})
    corner = np.zeros((SIDE, SIDE), np.uint8, order="F")
    corner[:6, :6] = 1
    lengths = mask.encode(corner)
    lengths["counts"] = lengths["counts"].decode()
    crowd = {"image_id": 5, "category_id": 8, "bbox": [0, 0, 6, 6], "segmentation": lengths}
    annotations.append({"id": len(annotations), **crowd, "area": 36, "iscrowd": 1})
    categories = [{"id": 8, "name": "ellipse"}, {"id": 3, "name": "rectangle"}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "coco.json").write_text(json.dumps(content))
    return folder


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
            str(shapes / "train"),
            str(shapes / "train/coco.json"),
            str(shapes / "test"),
            str(shapes / "test/coco.json"),
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
