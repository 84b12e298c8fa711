"""A GPU works on while the next operations are given to it: no step of training makes it wait.

It would wait for a number that the host reads, and for a tensor made of the host's numbers. The
device "meta", which knows shapes alone, is the GPU here: what reads from it raises, and copies to
it are seen.
"""

import inspect
import json
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from toy_training import CLASSIFICATION, MODEL, PRETRAINING, toy_dataset

from spatial_mae.data.store import open_dataset
from spatial_mae.models.architecture import Backbone
from spatial_mae.study.recipes import load
from spatial_mae.training import batch_masks, classification, pretraining, transfer
from spatial_mae.training.averaging import MovingAverage
from spatial_mae.training.classification import ClassificationTask, ClassifierRun
from spatial_mae.training.execution import Execution
from spatial_mae.training.gradients import Gradients
from spatial_mae.training.loader import load_images, load_labels
from spatial_mae.training.loop import Training
from spatial_mae.training.optimiser import AdamW
from spatial_mae.training.pretraining import (
    PretrainingOutputs,
    PretrainingRun,
    PretrainingTask,
    pretrain,
)
from spatial_mae.training.randomness import generator_for
from spatial_mae.training.recipe import ClassifierRecipe, PretrainingRecipe
from spatial_mae.training.training_data import architecture_for
from spatial_mae.training.transfer import send
from spatial_mae.training.workplace import Workplace

GPU = torch.device("meta")
# What a host reads, and what has as many results as there are true entries.
READS = {"_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal", "bincount"}
READS |= {"_unique2", "unique_consecutive", "unique_dim", "repeat_interleave"}
MADE_OF_NUMBERS = {"lift_fresh", "lift_fresh_copy"}


class Watch(TorchDispatchMode):
    """Notes the operations that a GPU waits for, while `on`; "cpu": as if the CPU were one."""

    def __init__(self, on=True):
        super().__init__()
        self.on, self.found = on, []

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        result = operation(*arguments, **options or {})
        if self.on and self.waits(operation, (arguments, options or {}), result):
            self.found.append(f"{operation}")
        return result

    def waits(self, operation, given, result):
        name = str(operation).removeprefix("aten.").partition(".")[0]
        tensors = [t for t in tree_leaves((given, result)) if isinstance(t, torch.Tensor)]
        kinds = {t.device.type for t in tensors}
        if kinds == {"cpu"} and self.on != "cpu":
            return False
        if name in ("_to_copy", "copy_"):
            return len(kinds) > 1 and not within(send)
        by_mask = name in ("index", "index_put", "index_put_") and any(
            t.dtype == torch.bool for t in given[0][1] if t is not None
        )
        return by_mask or name in READS | MADE_OF_NUMBERS


def within(function):
    """Whether a call of `function` is under way."""
    return any(frame.frame.f_code is function.__code__ for frame in inspect.stack(0))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(toy_dataset(tmp_path_factory.mktemp("data")))


def mae_run(dataset, patch=2, unit=1, **changes):
    recipe = load(PretrainingRecipe, json.dumps(PRETRAINING | changes))
    architecture = architecture_for(dataset, load(Backbone, json.dumps(MODEL)), patch, unit, 1, 1)
    return PretrainingRun(dataset, architecture, 0.75, recipe, 0)


def classifier_run(dataset, **changes):
    recipe = load(ClassifierRecipe, json.dumps(CLASSIFICATION | changes))
    architecture = architecture_for(dataset, load(Backbone, json.dumps(MODEL)), 2, 1, 1, 0)
    return ClassifierRun(dataset, architecture, recipe, 0)


def task_of(run):
    images = load_images(run.dataset, "train", run.recipe.n_train)
    if isinstance(run, PretrainingRun):
        return PretrainingTask(run, images)
    return ClassificationTask(run, images, load_labels(run.dataset, "train", run.recipe.n_train))


def on_gpu(task, monkeypatch):
    """`task` on the GPU, with its random numbers. There is no generator for it: shapes suffice."""
    task.module.to(GPU)
    task.images = task.images.to(GPU)
    if isinstance(task, ClassificationTask):
        task.labels = task.labels.to(GPU)
    drawn_by = SimpleNamespace(device=GPU)

    def generator_of(*place):
        return drawn_by if GPU in place else generator_for(*place)

    for module in (pretraining, batch_masks, classification):
        monkeypatch.setattr(module, "generator_for", generator_of)
    plain = torch.rand

    def rand(shape, generator, **options):
        known = {} if options["device"] == GPU else {"generator": generator}
        return plain(shape, **known, **options)

    monkeypatch.setattr(torch, "rand", rand)
    monkeypatch.setattr(torch, "_fused_adamw_", lambda *_, **options: None)  # has no shapes' way
    return task


def steps_of(task, recipe):
    """A function that takes one step as the loop does."""
    optimiser = AdamW(task.groups(), recipe.betas)
    average = MovingAverage(task.module, 0.9)
    gradients = Gradients(task, next(task.module.parameters()).device, recipe.micro_batch)

    def step(number):
        gradients.of(torch.arange(recipe.batch_size), 0, number)
        nn.utils.clip_grad_norm_(optimiser.parameters, 1.0)
        optimiser.step(0.1)
        optimiser.zero_grad()
        average.update()

    return step


RUNS = {
    "pretraining": (mae_run, {}),
    "micro-batches": (mae_run, {"micro_batch": 4}),
    "block": (mae_run, {"sampling": "block"}),
    "contiguous": (mae_run, {"sampling": "contiguous"}),
    "boundary": (mae_run, {"boundary_width": 1, "micro_batch": 4}),
    "targets": (mae_run, {"normalise_targets": True, "loss_on": "all", "unit": 2}),
    "bfloat16": (mae_run, {"precision": "bfloat16"}),
    "whole images": (mae_run, {"crop_scale": [1, 1], "flip": True}),
    "classifier": (classifier_run, {"micro_batch": 4}),
    "rand_augment": (classifier_run, {"randaugment": [2, 9]}),
}


@pytest.mark.parametrize("name", RUNS)
def test_no_step_makes_a_gpu_wait(dataset, monkeypatch, name):
    make, changes = RUNS[name]
    run = make(dataset, **changes)
    task = task_of(run)
    task.use(Execution(run.recipe.precision))
    step = steps_of(on_gpu(task, monkeypatch), run.recipe)
    step(0)  # fills the tables that are kept
    with Watch() as watch:
        for number in range(1, 4):
            step(number)
    assert watch.found == []


@pytest.mark.parametrize("changes", [{}, {"clip_norm": 1.0, "ema_decay": 0.9, "micro_batch": 4}])
def test_the_loop_reads_nothing_between_its_looks_at_the_loss(
    dataset, tmp_path, monkeypatch, changes
):
    """On the CPU, the backward pass included; an epoch here has fewer steps than `CHECK_EVERY`."""
    watch = Watch(on=False)
    pause, finish = Training._pause, Training._finish_epoch
    steps = []

    def paused(training):
        watch.on = "cpu"
        steps.append(training.position.step)
        pause(training)

    def finished(training):
        watch.on = False
        finish(training)

    monkeypatch.setattr(Training, "_pause", paused)
    monkeypatch.setattr(Training, "_finish_epoch", finished)
    outputs = PretrainingOutputs(tmp_path / "w", tmp_path / "h.csv", tmp_path / "checkpoints")
    with watch:
        pretrain(mae_run(dataset, **changes), Workplace(tmp_path / "state", 1, 1), outputs)
    assert steps == 3 * [0, 1, 2]
    assert watch.found == []


@pytest.mark.parametrize(
    "waiting",
    [
        lambda x: float(x.sum()),
        lambda x: torch.tensor([1, 2], device=x.device),
        lambda x: x[x > 0],
        lambda x: x + torch.ones(3).to(x.device),
        lambda x: x.cpu(),
        lambda x: (x > 0).nonzero(),
    ],
)
def test_what_would_wait_is_seen(waiting):
    with Watch() as watch:
        try:
            waiting(torch.ones(3, device=GPU))
        except (RuntimeError, NotImplementedError):
            watch.found.append("reads")
    assert watch.found


def test_a_small_tensor_reaches_a_gpu_from_pinned_memory():
    calls = []

    class Small:
        device = torch.device("cpu")

        def pin_memory(self):
            calls.append("pinned")
            return self

        def to(self, device, non_blocking=False):
            calls.append((device.type, non_blocking))
            return self

    transfer.send(Small(), torch.device("cuda", 0))
    assert calls == ["pinned", ("cuda", True)]
    values = torch.arange(3)
    assert transfer.send(values, torch.device("cpu")) is values
