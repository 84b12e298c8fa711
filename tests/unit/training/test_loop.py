"""The loop on a small regression: accumulation, interruption, memory, averages."""

import copy
import itertools
import os
import signal

import numpy as np
import pytest
import torch
from toy_regression import BATCH, EPOCHS, RECIPE, STEPS, N, Regression, assert_same, outcome, train

from spatial_mae.training.execution import Chooser
from spatial_mae.training.optimiser import AdamW
from spatial_mae.training.position import Interrupted
from spatial_mae.training.schedule import learning_rate


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


def no_room_for_more_than(limit):
    def check(size):
        if size > limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 EiB")

    return lambda *_: check


@pytest.mark.parametrize("precision", ["float32", "auto"])
def test_out_of_memory_halves_the_micro_batch_once(tmp_path, unbroken, precision, capfd):
    """While the precision is measured it says nothing about the one that is taken."""
    task = Regression(no_room_for_more_than(4))
    _, training = train(tmp_path, task, precision=precision, ema_decay=0.9)
    assert task.sizes[0] == 8 and set(task.sizes[1:]) - {8} == {4}
    assert task.sizes.count(8) == (2 if precision == "auto" else 1)
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
