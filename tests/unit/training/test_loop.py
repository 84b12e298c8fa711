"""The loop on a small regression: accumulation, interruption, divergence, memory, averages."""

import copy
import itertools
import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from spatial_mae.training.checkpointing import ResumeFile
from spatial_mae.training.execution import Chooser
from spatial_mae.training.loop import Training
from spatial_mae.training.optimiser import AdamW, parameter_groups
from spatial_mae.training.position import Interrupted
from spatial_mae.training.randomness import generator_for
from spatial_mae.training.run_folder import open_run
from spatial_mae.training.schedule import learning_rate

N, EPOCHS, BATCH = 40, 3, 8
STEPS = N // BATCH
RECIPE = SimpleNamespace(
    epochs=EPOCHS,
    warmup_epochs=0.4,
    batch_size=BATCH,
    micro_batch=None,
    base_learning_rate=1.0,
    weight_decay=0.1,
    betas=(0.9, 0.95),
    precision="float32",
    clip_norm=None,
    ema_decay=None,
    compile="never",
)


class Regression:
    """Noisy linear regression on random subsets; `disturb(epoch, step)` may do harm."""

    counts_correct = True
    n_images = N

    def __init__(self, disturb=lambda epoch, step: None):
        start = generator_for(0, 0, 0, "data")
        self.inputs = torch.randn(N, 4, generator=start)
        self.targets = self.inputs.sum(1, keepdim=True)
        self.module = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
        for p in self.module.parameters():
            nn.init.normal_(p, std=0.3, generator=start)
        self.disturb, self.precisions, self.sizes = disturb, [], []
        self.announced, self.asked = [], []

    def groups(self):
        return parameter_groups(self.module, RECIPE.weight_decay)

    def will_read(self, batches, epoch):
        self.announced += batches

    def batch(self, indices, epoch, step, part=slice(None)):
        self.asked.append(indices[part])
        self.harm = self.disturb(epoch, step)
        counts = self.counts(len(indices), epoch, step)[part]
        return self.inputs[indices][part], self.targets[indices][part], counts

    def counts(self, n, epoch, step):
        generator = generator_for(0, epoch, step, "noise")
        counts = torch.randint(0, 2, (n,), generator=generator).float()
        counts[0] = 1
        return counts

    def weight(self, indices, epoch, step, part=slice(None)):
        return self.counts(len(indices), epoch, step)[part].sum()

    def loss(self, batch):
        inputs, targets, counts = batch
        self.sizes.append(len(inputs))
        if isinstance(self.harm, Exception):
            raise self.harm
        if callable(self.harm):
            self.harm(len(inputs))
        error = (self.module(inputs) - targets).square().squeeze(1)
        loss = (error * counts).sum() / counts.sum().clamp(min=1)
        return loss * (self.harm if isinstance(self.harm, float) else 1), (error < 1).sum()

    def describe(self):
        return {"task": "regression"}

    def attention_shapes(self, n_images):
        return {}

    def use(self, execution):
        self.precisions.append(execution.precision)

    def mode(self):
        return "plain"

    def give_up_compiling(self, error):
        return False


def train(folder, task=None, after_epoch=lambda *_: None, **changes):
    """(status, training) of a run in `folder`, continued if there is something to continue."""
    recipe = SimpleNamespace(**vars(RECIPE) | changes)
    task = task or Regression()
    with open_run(folder) as run:
        resume = ResumeFile(folder, {"toy": True})
        training = Training(task, recipe, 0, run, resume, after_epoch, save_seconds=1e9)
        return training.run(), training


def outcome(training):
    times = {"seconds", "images_per_second", "peak_memory_bytes"}
    rows = [{k: v for k, v in r.items() if k not in times} for r in training.position.history]
    weights = {name: value.clone() for name, value in training.weights().items()}
    return rows, weights


def assert_same(first, second):
    assert first[0] == second[0]
    assert all(torch.equal(first[1][name], second[1][name]) for name in first[1])


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    status, training = train(tmp_path_factory.mktemp("unbroken"), ema_decay=0.9)
    assert status == "completed"
    return outcome(training)


def test_learns_and_keeps_a_history(unbroken):
    rows = unbroken[0]
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["loss"] < 0.5 * rows[0]["loss"]
    assert rows[-1]["train_accuracy"] > rows[0]["train_accuracy"]
    peak = RECIPE.base_learning_rate * BATCH / 256
    assert all(0 < row["learning_rate"] <= peak for row in rows)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1", "SIGINT"])
@pytest.mark.parametrize("place", [(0, 0), (0, 3), (1, STEPS - 1), (2, 1)])
def test_stopped_and_continued_equals_unbroken(tmp_path, unbroken, name, place, capfd):
    def stop(*here):
        if here == place:
            os.kill(os.getpid(), getattr(signal, name))

    with pytest.raises(Interrupted) as caught:
        train(tmp_path, Regression(stop), ema_decay=0.9)
    assert caught.value.code == os.EX_TEMPFAIL == 75
    assert "run the same command again to continue" in capfd.readouterr().err
    status, training = train(tmp_path, ema_decay=0.9)
    assert status == "completed"
    assert_same(outcome(training), unbroken)


@pytest.mark.parametrize("micro_batch", [None, 3])
def test_every_micro_batch_is_announced_also_after_a_stop(tmp_path, micro_batch):
    def stop(*here):
        if here == (1, 2):
            os.kill(os.getpid(), signal.SIGTERM)

    stopped, again = Regression(stop), Regression()
    with pytest.raises(Interrupted):
        train(tmp_path, stopped, batch_size=9, micro_batch=micro_batch)
    train(tmp_path, again, batch_size=9, micro_batch=micro_batch)
    parts = 3 if micro_batch else 1
    steps = N // 9
    asked = [len(task.asked) / parts for task in (stopped, again)]
    assert asked == [steps + 3, 2 * steps - 3]
    for task in (stopped, again):
        pairs = zip(task.asked, task.announced, strict=task is again)
        assert all(torch.equal(one, other) for one, other in pairs)


def test_stopped_at_every_step_equals_unbroken(tmp_path, unbroken):
    for _ in range(EPOCHS * STEPS):
        task = Regression(lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        try:
            status, training = train(tmp_path, task, ema_decay=0.9)
        except Interrupted:
            assert len(task.sizes) == 1
    assert status == "completed"
    assert_same(outcome(training), unbroken)


def test_an_error_loses_no_more_than_the_work_since_the_last_save(tmp_path, unbroken):
    for place in ((1, 2), (2, 4)):

        def fail(*here, place=place):
            return OSError("broken disk") if here == place else None

        with pytest.raises(OSError, match="broken disk"):
            train(tmp_path, Regression(fail), ema_decay=0.9)
    assert_same(outcome(train(tmp_path, ema_decay=0.9)[1]), unbroken)


@pytest.mark.parametrize("micro_batch", [1, 2, 4])
def test_accumulated_gradients_are_those_of_the_whole_batch(tmp_path, unbroken, micro_batch):
    task = Regression()
    _, training = train(tmp_path, task, micro_batch=micro_batch, ema_decay=0.9)
    assert set(task.sizes) == {micro_batch}
    rows, weights = outcome(training)
    for name, value in weights.items():
        torch.testing.assert_close(value, unbroken[1][name], rtol=1e-4, atol=1e-5)
    losses = [row["loss"] for row in rows]
    np.testing.assert_allclose(losses, [row["loss"] for row in unbroken[0]], rtol=1e-5)


def keeper():
    """({epoch: weights}, the after_epoch that fills it)."""
    kept = {}
    return kept, lambda epoch, weights, _: kept.update({epoch: copy.deepcopy(weights)})


@pytest.mark.parametrize("harm", [float("nan"), float("inf")])
@pytest.mark.parametrize("step", [0, 3, STEPS - 1])
def test_divergence_returns_to_the_end_of_the_last_good_epoch(tmp_path, harm, step):
    kept, keep = keeper()
    disturbed = Regression(lambda *here: harm if here == (1, step) else None)
    status, training = train(tmp_path, disturbed, keep)
    assert status == "diverged"
    assert len(training.position.history) == training.position.epoch == 1
    assert sorted(kept) == [0, 1]
    assert all(torch.equal(value, kept[1][name]) for name, value in training.weights().items())


def test_a_gradient_that_is_not_finite_is_divergence_even_if_the_loss_is(tmp_path):
    task = Regression()
    task.module[0].weight.register_hook(lambda gradient: gradient * float("inf"))
    status, training = train(tmp_path, task, epochs=1)
    assert status == "diverged"
    assert training.position.epoch == 0
    assert all(value.isfinite().all() for value in training.weights().values())


def test_divergence_after_a_resume_returns_to_the_epoch_before_it(tmp_path):
    kept, keep = keeper()

    def stop(*here):
        if here == (1, 1):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Interrupted):
        train(tmp_path, Regression(stop), keep)
    nan = Regression(lambda *here: float("nan") if here == (1, 3) else None)
    status, training = train(tmp_path, nan)
    assert status == "diverged"
    assert all(torch.equal(value, kept[1][name]) for name, value in training.weights().items())


def no_room_for_more_than(limit):
    def check(size):
        if size > limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 EiB")

    return lambda *_: check


@pytest.mark.parametrize("precision", ["float32", "auto"])
def test_out_of_memory_halves_the_micro_batch_once(tmp_path, unbroken, precision, capfd):
    """Also where it happens while the precision is measured."""
    task = Regression(no_room_for_more_than(4))
    _, training = train(tmp_path, task, precision=precision, ema_decay=0.9)
    assert task.sizes[0] == 8 and set(task.sizes[1:]) == {4}
    assert training.position.micro_batch == 4
    assert "micro-batches of 8 images: trying 4" in capfd.readouterr().err
    for name, value in outcome(training)[1].items():
        torch.testing.assert_close(value, unbroken[1][name], rtol=1e-4, atol=1e-5)


def test_the_average_takes_in_the_parameters_after_each_step(tmp_path):
    """One step an epoch, so that after_epoch sees the parameters of every step."""
    seen, task, name = [], Regression(), "0.weight"

    def note(_, weights, __):
        seen.append(copy.deepcopy((task.module.state_dict()[name], weights[name])))

    train(tmp_path, task, note, batch_size=N, ema_decay=0.7)
    for (_, before), (parameter, after) in itertools.pairwise(seen):
        torch.testing.assert_close(after, torch.lerp(before, parameter, 0.3))
    assert not torch.equal(*seen[-1])


@pytest.fixture
def seen(monkeypatch):
    """(learning rate, norm of the gradient) of each step of the optimiser."""
    seen, step = [], AdamW.step

    def note(self, rate):
        seen.append((rate, float(sum(p.grad.square().sum() for p in self.parameters).sqrt())))
        step(self, rate)

    monkeypatch.setattr(AdamW, "step", note)
    return seen


def test_every_step_is_at_the_rate_of_the_schedule(tmp_path, seen):
    """The recipe's rate is per 256 images: the peak is base_learning_rate * batch_size / 256."""
    _, training = train(tmp_path, base_learning_rate=0.5, micro_batch=2)
    expected = [learning_rate(i, EPOCHS * STEPS, 0.4 * STEPS, 0.5 * 8 / 256) for i in range(15)]
    assert [rate for rate, _ in seen] == pytest.approx(expected)
    ends = [row["learning_rate"] for row in training.position.history]
    assert ends == pytest.approx(expected[STEPS - 1 :: STEPS])


def test_clipping_bounds_what_reaches_the_optimiser(tmp_path, seen):
    train(tmp_path, clip_norm=0.01)
    assert [norm for _, norm in seen] == [pytest.approx(0.01, rel=1e-3)] * EPOCHS * STEPS


def test_a_precision_that_was_measured_stays_with_the_run(tmp_path, monkeypatch):
    def stop(*here):
        if here == (0, 2):
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setenv("SPATIAL_MAE_CHOICES", "precision=bfloat16")
    with pytest.raises(Interrupted):
        train(tmp_path, Regression(stop), precision="auto")
    monkeypatch.setattr(Chooser, "choose", lambda *_: pytest.fail("measured again"))
    task = Regression()
    _, training = train(tmp_path, task, precision="auto")
    assert task.precisions == ["bfloat16"] and training.position.precision == "bfloat16"


def test_measuring_the_precision_changes_nothing(tmp_path, unbroken, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nothing remembered"))
    task = Regression()
    _, training = train(tmp_path, task, precision="auto", ema_decay=0.9)
    assert {"float32", "bfloat16"} <= set(task.precisions)
    assert_same(outcome(training), unbroken)


def test_fewer_images_than_a_batch_make_one_step_an_epoch(tmp_path):
    task = Regression()
    _, training = train(tmp_path, task, batch_size=4 * N)
    assert task.sizes == [N] * EPOCHS
    assert training.position.all_images == N * EPOCHS
