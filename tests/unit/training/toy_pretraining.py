"""Pretraining runs on images of 8 x 8 pixels, and their weights."""

import json
import os
import signal
from types import SimpleNamespace

import torch
from toy_training import MODEL, PRETRAINING

from spatial_mae.models.architecture import Backbone
from spatial_mae.models.weights import load_mae
from spatial_mae.study.recipes import load
from spatial_mae.training.pretraining import (
    PretrainingOutputs,
    PretrainingRun,
    PretrainingTask,
    pretrain,
)
from spatial_mae.training.recipe import PretrainingRecipe
from spatial_mae.training.training_data import architecture_for
from spatial_mae.training.workplace import Workplace

BACKBONE = load(Backbone, json.dumps(MODEL))


def a_run(dataset, mask_ratio=0.75, seed=0, patch=2, unit=1, **changes):
    recipe = load(PretrainingRecipe, json.dumps(PRETRAINING | changes))
    architecture = architecture_for(dataset, BACKBONE, patch, unit, 1, 1)
    return PretrainingRun(dataset, architecture, mask_ratio, recipe, seed)


def go(folder, run):
    outputs = PretrainingOutputs(folder / "w.safetensors", folder / "h.csv", folder / "checkpoints")
    metadata = pretrain(run, Workplace(folder / "state", 1, 1), outputs)
    return SimpleNamespace(**vars(outputs), metadata=metadata, state=folder / "state")


def weights(path):
    return load_mae(path)[0].state_dict()


def assert_equal(first, second):
    assert all(torch.equal(value, second[name]) for name, value in first.items())


def stop_at(monkeypatch, *place):
    """Send SIGTERM while the batch at (epoch, step) is made."""
    original = PretrainingTask.batch

    def batch(self, indices, epoch, step, *part):
        if (epoch, step) == place:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(self, indices, epoch, step, *part)

    monkeypatch.setattr(PretrainingTask, "batch", batch)
