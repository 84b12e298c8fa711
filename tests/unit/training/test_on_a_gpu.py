"""Training on a GPU that the CPU plays: no tensor of the CPU gets in, and it gives the same."""

import json
from contextlib import contextmanager

import pytest
import torch
from torch import nn
from toy_gpu import OnGpu
from toy_pretraining import BACKBONE, a_run, go
from toy_training import CLASSIFICATION, toy_dataset

from spatial_mae.data.store import open_dataset
from spatial_mae.files import read_rows
from spatial_mae.study.recipes import load
from spatial_mae.training import workplace
from spatial_mae.training.classification import (
    ClassifierOutputs,
    ClassifierRun,
    train_classifier,
)
from spatial_mae.training.recipe import ClassifierRecipe
from spatial_mae.training.training_data import architecture_for
from spatial_mae.training.workplace import Workplace


@pytest.fixture
def on_gpu(gpu, monkeypatch):
    @contextmanager
    def chosen(*arguments):
        yield gpu

    def use():
        monkeypatch.setattr(workplace, "choose_device", chosen)

    return use


def test_tensors_of_two_devices_are_refused(gpu):
    layer, images = nn.Linear(3, 2).to(gpu), torch.rand(4, 3)
    with pytest.raises(RuntimeError, match=r"aten.addmm.*on the GPU, \[\(4, 3\)\] on the CPU"):
        layer(images)
    layer(images.to(gpu)).sum().backward()
    assert isinstance(layer.weight.grad, OnGpu) and layer.weight.grad.device == gpu
    expected = images.sum(dim=0).expand(2, 3)
    assert torch.allclose(layer.weight.grad.cpu(), expected)
    with pytest.raises(TypeError, match="no numpy array"):
        layer.weight.detach().numpy()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sampling": "bernoulli", "micro_batch": 4},
        {"boundary_width": 1, "clip_norm": 1.0},
        {"normalise_targets": True, "ema_decay": 0.9, "mask_half_width": 0.1},
        {"sampling": "block", "loss_on": "all", "precision": "bfloat16"},
    ],
)
def test_pretraining_has_the_same_losses(tmp_path, dataset, on_gpu, changes):
    run = a_run(dataset, **changes)
    expected = go(tmp_path / "cpu", run)
    on_gpu()
    found = go(tmp_path / "gpu", run)
    assert found.metadata["device"] == "toy" and expected.metadata["device"] == "cpu"
    losses = ([row["loss"] for row in read_rows(made.history)] for made in (found, expected))
    rounding = 1e-3 if "precision" in changes else 1e-5  # the devices multiply in other orders
    assert next(losses) == pytest.approx(next(losses), rel=rounding)


@pytest.mark.parametrize("changes", [{}, {"randaugment": [2, 9], "micro_batch": 4}])
def test_a_classifier_has_the_same_scores(tmp_path, on_gpu, changes):
    data = open_dataset(toy_dataset(tmp_path / "data"))
    recipe = load(ClassifierRecipe, json.dumps(CLASSIFICATION | {"epochs": 2} | changes))
    run = ClassifierRun(data, architecture_for(data, BACKBONE, 2, 1, 1, 0), recipe, 0)

    def scores(folder):
        outputs = ClassifierOutputs(*(folder / name for name in ("s.csv", "h.csv", "w.pt")))
        return train_classifier(run, Workplace(folder / "state", 1, 1), outputs)

    expected = scores(tmp_path / "cpu")
    on_gpu()
    found = scores(tmp_path / "gpu")
    assert found["device"] == "toy" and found["accuracy"] == expected["accuracy"]
    assert found["train_accuracy"] == pytest.approx(expected["train_accuracy"], abs=0.02)
