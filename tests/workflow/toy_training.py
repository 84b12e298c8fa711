"""A data set that trains in a second, and recipes for it: of the tests of training."""

from pathlib import Path

import numpy as np
import torch

from spatial_mae.data.store import Batch, Prepared, write_dataset

MODEL = {
    "width": 16,
    "encoder_heads": 2,
    "decoder_width": 16,
    "decoder_heads": 2,
    "mlp_ratio": 2,
    "class_token": True,
}
PRETRAINING = {
    "epochs": 3,
    "warmup_epochs": 0.5,
    "batch_size": 16,
    "micro_batch": None,
    "base_learning_rate": 0.02,
    "weight_decay": 0.05,
    "betas": [0.9, 0.95],
    "crop_scale": [0.5, 1],
    "flip": True,
    "sampling": "exact",
    "loss_on": "hidden",
    "normalise_targets": False,
    "boundary_width": 0,
    "n_train": 48,
    "checkpoints": [2],
    "precision": "float32",
    "clip_norm": None,
    "ema_decay": None,
    "compile": "auto",
}
CLASSIFICATION = {
    "epochs": 4,
    "warmup_epochs": 1,
    "batch_size": 16,
    "micro_batch": None,
    "base_learning_rate": 0.05,
    "weight_decay": 0.01,
    "betas": [0.9, 0.99],
    "layer_decay": 0.8,
    "crop_scale": [0.8, 1],
    "flip": True,
    "randaugment": [],
    "label_smoothing": 0.1,
    "pooling": "mean",
    "n_train": None,
    "n_test": 20,
    "precision": "float32",
    "clip_norm": 5.0,
    "ema_decay": None,
    "compile": "auto",
}


def toy_dataset(folder: Path, labels: bool = True, size: tuple[int, int] = (8, 8)) -> Path:
    """64 training and 32 test images of two classes, dark and bright; returns the manifest."""
    rng = np.random.default_rng(0)

    def split(n: int) -> Batch:
        classes = rng.integers(0, 2, n)
        blocks = rng.integers(0, 100, (n, size[0] // 4, size[1] // 4, 3))
        images = np.kron(blocks, np.ones((1, 4, 4, 1), int)) + 120 * classes[:, None, None, None]
        return Batch(images.astype(np.uint8), classes if labels else None)

    splits = {"train": [split(64)], "test": [split(32)]}
    classes = ["dark", "bright"] if labels else None
    prepared = Prepared(splits, (*size, 3), "generated", "none", classes=classes)
    write_dataset(folder / "manifest.json", "toy", "dead_leaves", prepared, {})
    return folder / "manifest.json"


class _NoBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value):
        return value.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise ImportError("no C compiler")


def fails_in_forward(function, **_):
    """In place of torch.compile: what it makes raises an error when it is called."""

    def call(*_):
        raise ImportError("no C compiler")

    return call


def fails_in_backward(function, **_):
    """In place of torch.compile: what it makes raises an error in its backward pass."""
    return lambda *arguments: _NoBackward.apply(function(*arguments))
