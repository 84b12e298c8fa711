"""Two processes train as one does: gradients, losses, scores; and each continues from the other."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch
from toy_training import CLASSIFICATION, MODEL, PRETRAINING, toy_dataset

from spatial_mae.data.store import open_dataset
from spatial_mae.files import read_rows
from spatial_mae.models.architecture import Backbone
from spatial_mae.models.weights import read_metadata
from spatial_mae.study.recipes import load
from spatial_mae.training import classification, pretraining
from spatial_mae.training.classification import (
    ClassificationTask,
    ClassifierOutputs,
    ClassifierRun,
    pretrained_architecture,
)
from spatial_mae.training.gradients import Gradients
from spatial_mae.training.loader import load_images, load_labels
from spatial_mae.training.position import Interrupted
from spatial_mae.training.pretraining import PretrainingOutputs, PretrainingRun, PretrainingTask
from spatial_mae.training.processes import Processes
from spatial_mae.training.recipe import ClassifierRecipe, PretrainingRecipe
from spatial_mae.training.run_folder import RunFolder
from spatial_mae.training.together import run_together
from spatial_mae.training.training_data import architecture_for
from spatial_mae.training.workplace import Site

CPU = torch.device("cpu")
UNEVEN = {"batch_size": 21, "micro_batch": 7, "n_train": 42}
# Of four patches each hidden with probability 0.3, one image in four hides none: no terms.
EMPTY = {"sampling": "bernoulli", "batch_size": 3, "micro_batch": 1, "n_train": 12}
PRETRAININGS = {
    "exact": ({}, {}),
    "bernoulli": ({"mask_ratio": 0.6}, UNEVEN | {"sampling": "bernoulli", "clip_norm": 0.5}),
    "range": ({"mask_ratio": 0.5}, UNEVEN | {"mask_half_width": 0.4}),
    "empty": ({"mask_ratio": 0.3, "patch": 4}, EMPTY),
    "all": ({}, UNEVEN | {"loss_on": "all", "ema_decay": 0.9}),
    "auto": ({}, {"precision": "auto", "epochs": 2}),
}
CLASSIFIERS = {
    "scratch": (None, UNEVEN | {"randaugment": [2, 9], "epochs": 2}),
    "partial": (1, {"epochs": 2}),
}


def mae_run(dataset, mask_ratio=0.75, patch=2, **changes):
    recipe = load(PretrainingRecipe, json.dumps(PRETRAINING | {"checkpoints": [1]} | changes))
    backbone = load(Backbone, json.dumps(MODEL))
    architecture = architecture_for(dataset, backbone, patch, 1, 1, 1)
    return PretrainingRun(dataset, architecture, mask_ratio, recipe, 0)


def classifier_run(dataset, weights, blocks, **changes):
    architecture = pretrained_architecture(weights)
    recipe = load(ClassifierRecipe, json.dumps(CLASSIFICATION | changes))
    origin = {} if blocks is None else {"pretrained": weights, "blocks": blocks}
    return ClassifierRun(dataset, architecture, recipe, 0, **origin)


def runs(folder):
    """Name -> what is trained."""
    dataset = open_dataset(folder / "data/manifest.json")
    maes = {name: mae_run(dataset, **where, **r) for name, (where, r) in PRETRAININGS.items()}
    weights = folder / "alone/exact/weights.safetensors"
    given = CLASSIFIERS if weights.exists() else {}
    return maes | {name: classifier_run(dataset, weights, b, **r) for name, (b, r) in given.items()}


def site(folder, group):
    folder.mkdir(parents=True, exist_ok=True)
    return Site(RunFolder(folder), CPU, f"{group.size} x cpu", group, 60.0, False)


def go(run, folder, group):
    if isinstance(run, PretrainingRun):
        outputs = PretrainingOutputs(
            folder / "weights.safetensors", folder / "history.csv", folder / "checkpoints"
        )
        return pretraining._pretrain(site(folder, group), run, outputs, run.recipe.epochs)
    outputs = ClassifierOutputs(
        folder / "scores.csv", folder / "history.csv", folder / "weights.safetensors"
    )
    return classification._train_classifier(site(folder, group), run, outputs)


def gradients(run, group):
    """(sums, gradient of each trained parameter) of one batch."""
    images = load_images(run.dataset, "train", run.recipe.n_train)
    if isinstance(run, PretrainingRun):
        task = PretrainingTask(run, images)
    else:
        labels = load_labels(run.dataset, "train", run.recipe.n_train)
        task = ClassificationTask(run, images, labels)
    indices = torch.arange(min(run.recipe.batch_size, len(images))).flip(0)
    sums = Gradients(task, CPU, run.recipe.micro_batch, group).of(indices, 1, 2)
    trained = {n: p.grad for n, p in task.module.named_parameters() if p.requires_grad}
    return sums, trained


def stop_once(place, rank=0):
    """Let PretrainingTask.batch send SIGTERM to its own process, at (epoch, step)."""
    original = PretrainingTask.batch

    def batch(self, indices, epoch, step, part):
        if (epoch, step) == place and part.start == rank * len(indices) // 2:
            os.kill(os.getpid(), signal.SIGTERM)
            PretrainingTask.batch = original
        return original(self, indices, epoch, step, part)

    PretrainingTask.batch = batch
    return original


def stopped(run, folder, group, place, rank=0):
    original = stop_once(place, rank)
    try:
        go(run, folder, group)
    except Interrupted:
        return True
    finally:
        PretrainingTask.batch = original
    return False


def diverged(run, folder, group):
    """The outcome of a run where one process alone meets a loss that is not a number."""
    original = PretrainingTask.loss

    def loss(self, batch):
        self.calls = getattr(self, "calls", 0) + 1
        value, correct = original(self, batch)
        harm = float("nan") if group.rank == 1 and self.calls > 4 else 1.0
        return value * harm, correct

    PretrainingTask.loss = loss
    try:
        return go(run, folder, group)
    finally:
        PretrainingTask.loss = original


def everything(group, folder):
    """What two processes make of all runs, and of one that a single process began: to a file."""
    found = {}
    for name, run in runs(folder).items():
        found[name] = gradients(run, group)
        go(run, folder / "together" / name, group)
    run = runs(folder)["exact"]
    found["stopped"] = stopped(run, folder / "resumed", group, (1, 2), rank=1)
    found["diverged"] = diverged(run, folder / "diverged", group)
    if group.is_first:
        torch.save(found, folder / "found.pt")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(folder, gradients alone, what the two processes report); all runs are done."""
    folder = tmp_path_factory.mktemp("several")
    toy_dataset(folder / "data")
    alone = Processes()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for name in (*PRETRAININGS, *CLASSIFIERS):
        go(runs(folder)[name], folder / "alone" / name, alone)
    assert stopped(runs(folder)["exact"], folder / "resumed", alone, (0, 2))
    run_together(2, False, everything, folder)
    found = torch.load(folder / "found.pt")
    go(runs(folder)["exact"], folder / "resumed", alone)
    own = {name: gradients(run, alone) for name, run in runs(folder).items()}
    torch.set_num_threads(threads)
    return folder, own, found


@pytest.mark.parametrize("name", [*PRETRAININGS, *CLASSIFIERS])
def test_the_gradient_is_that_of_one_process(trained, name):
    _, alone, together = trained
    torch.testing.assert_close(together[name][0], alone[name][0], rtol=1e-6, atol=1e-6)
    assert together[name][1].keys() == alone[name][1].keys()
    largest = max(float(g.abs().max()) for g in alone[name][1].values())
    for key, gradient in alone[name][1].items():
        gap = (together[name][1][key] - gradient).abs().max()
        assert gap <= 2e-6 * largest, (key, float(gap), largest)


def test_gradients_are_in_memory_once_where_they_are_averaged(trained):
    gradients = trained[2]["exact"][1].values()
    assert len({gradient.untyped_storage().data_ptr() for gradient in gradients}) < len(gradients)


@pytest.mark.parametrize("name", [*PRETRAININGS, *CLASSIFIERS])
def test_the_history_is_that_of_one_process(trained, name):
    folder = trained[0]
    one, two = (read_rows(folder / way / name / "history.csv") for way in ("alone", "together"))
    assert len(one) == len(two) > 1
    for row, other in zip(one, two, strict=True):
        # "auto" measures which precision is faster, once alone and once together.
        accuracy = 1e-2 if name == "auto" else 1e-5
        assert other["loss"] == pytest.approx(row["loss"], rel=accuracy)
        assert other["learning_rate"] == row["learning_rate"]
        assert other.get("train_accuracy") == row.get("train_accuracy")
    assert {p.name for p in (folder / "alone" / name).rglob("*.*")} == {
        p.name for p in (folder / "together" / name).rglob("*.*")
    }


def test_one_two_and_one_process_go_on_from_each_other(trained):
    folder, _, found = trained
    assert found["stopped"]
    one, resumed = (read_rows(folder / n / "history.csv") for n in ("alone/exact", "resumed"))
    losses = [row["loss"] for row in one]
    assert [row["loss"] for row in resumed] == pytest.approx(losses, rel=1e-5)
    assert {p.name for p in (folder / "resumed/checkpoints").glob("epoch-*")} == {
        f"epoch-{n}.safetensors" for n in (0, 1, 3)
    }


def test_divergence_in_one_process_is_divergence_of_the_run(trained):
    folder, _, found = trained
    assert found["diverged"]["status"] == "diverged" and found["diverged"]["epoch"] == 1
    assert len(read_rows(folder / "diverged/history.csv")) == 1


def test_scores_and_metadata_are_of_one_run(trained):
    folder = trained[0]
    one, two = (read_rows(folder / way / "partial/scores.csv")[0] for way in ("alone", "together"))
    assert two["accuracy"] == one["accuracy"]
    assert two["trainable_parameters"] == one["trainable_parameters"] < one["parameters"]
    assert two["device"] == "2 x cpu"
    one, two = (
        read_metadata(Path(folder, way, "exact/weights.safetensors"))
        for way in ("alone", "together")
    )
    cost = {"seconds", "images_per_second", "peak_memory_bytes", "device"}
    assert {k: v for k, v in one.items() if k not in cost} == {
        k: v for k, v in two.items() if k not in cost
    }
