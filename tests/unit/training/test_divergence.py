"""Divergence in the loop: training returns to the end of the last good epoch."""

import copy
import os
import signal

import pytest
import torch
from toy_regression import STEPS, Regression, train

from spatial_mae.training.position import Interrupted


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
