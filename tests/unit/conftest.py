"""Rows of trained networks as their tables hold them; a GPU that the CPU plays."""

import pytest
import torch
import toy_gpu  # at once: PyTorch counts devices at its first backward pass

RUN = {
    "dataset": "leaves",
    "model": "tiny",
    "training": "short",
    "patch": 4,
    "unit": 1,
    "mask": 0.75,
    "enc": 4,
    "dec": 1,
    "seed": 0,
    "height": 32,
    "width": 32,
    "n_images": 1000,
    "pixels": "lossless",
    "model_width": 48,
    "status": "completed",
    "device": "cpu",
    "n_train": 800,
    "n_test": 1_000_000,
    "n_classes": 10,
}


@pytest.fixture
def gpu(monkeypatch):
    """A device of its own; see `toy_gpu`."""
    monkeypatch.setattr(torch, "Generator", toy_gpu.Generator)
    monkeypatch.setattr(torch, "inference_mode", torch.no_grad)  # a mode without such views
    for name in ("tensor", "as_tensor"):
        monkeypatch.setattr(torch, name, toy_gpu.made_by(getattr(torch, name)))
    with toy_gpu.ToyGpu():
        yield toy_gpu.GPU


@pytest.fixture
def probe():
    """Make a linear probe's row at the end of 4 epochs; arguments override columns."""

    def row(value, **others):
        start = {"protocol": "linear_probe", "metric": "accuracy", "representation": "mean"}
        end = others.get("epochs", 4)
        ends = {"epoch": end, "epochs": end, "pretrain_seconds": 10.0}
        return {**RUN, **start, **ends, "value": value, **others}

    return row


@pytest.fixture
def jacobian():
    """Make a row of a Jacobian's table, over 64 images; arguments override columns."""

    def row(value, **others):
        start = {"source": "network", "epoch": 4, "epochs": 4, "pretrain_n_train": 1000}
        ends = {"split": "test", "n_masks": 2, "n_images": 64, "n_train": None, "n_test": None}
        return {**RUN, **start, **ends, "value": value, "standard_error": 0.0, **others}

    return row


@pytest.fixture
def tuning():
    """Make a fine-tuning row: 2 epochs after 4 of pretraining; arguments override columns."""

    def row(accuracy, blocks="all", **others):
        start = {"blocks": blocks, "epochs": 2, "pretrain_epochs": 4, "seconds": 10.0}
        ends = {"pretrain_seconds": 100.0, "pretrain_status": "completed"}
        return {**RUN, **start, **ends, "accuracy": accuracy, **others}

    return row
