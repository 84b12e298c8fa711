"""A data set, a pretrained network with its checkpoints, and moments, all tiny."""

import numpy as np
import pytest
import torch

from spatial_mae.data.store import Batch, Prepared, open_dataset, write_dataset
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import save_weights

SIZES = Architecture(8, 8, 3, 2, 1, 1, 1, Backbone(8, 2, 8, 2, 2.0, True))


@pytest.fixture
def pretrained(tmp_path):
    """A folder with manifest.json, weights.safetensors, checkpoints/ and moments.npz."""
    rng = np.random.default_rng(0)
    draw = {s: rng.integers(256, size=(n, 8, 8, 3), dtype=np.uint8) for s, n in SPLITS.items()}
    splits = {split: [Batch(images)] for split, images in draw.items()}
    prepared = Prepared(splits=splits, shape=(8, 8, 3), pixels="drawn", licence="none")
    write_dataset(tmp_path / "manifest.json", "toy", "test", prepared, {})
    for epoch in (0, 1, 3):
        write_mae(tmp_path / f"checkpoints/epoch-{epoch}.safetensors", epoch)
    write_mae(tmp_path / "weights.safetensors", 3)
    dataset = open_dataset(tmp_path / "manifest.json")
    pixel_moments(dataset.images("train"), "rgb").save(tmp_path / "moments.npz")
    return tmp_path


SPLITS = {"train": 60, "test": 12}


def write_mae(path, epoch):
    model = MaskedAutoencoder(SIZES, generator=torch.Generator().manual_seed(epoch))
    recipe = {"sampling": "exact", "loss_on": "hidden", "normalise_targets": False}
    metadata = {
        "kind": "mae",
        "architecture": to_json(SIZES),
        "mask_ratio": 0.75,
        "recipe": recipe,
        "epoch": epoch,
        "epochs": 3,
        "n_train": 60,
        "status": "completed" if epoch == 3 else "training",
    }
    save_weights(path, model.state_dict(), metadata)


@pytest.fixture
def run_with():
    """Call an entry point with flags as keywords: `_` stands for `-`, None leaves a flag out.

    A tuple is several values of one flag.
    """

    def run(main, **flags):
        given = {
            name.replace("_", "-"): value for name, value in flags.items() if value is not None
        }
        listed = {n: v if isinstance(v, tuple) else (v,) for n, v in given.items()}
        main([text for n, v in listed.items() for text in (f"--{n}", *map(str, v))])

    return run
