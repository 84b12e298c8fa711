"""The learning rate against PyTorch's own schedulers."""

import pytest
import torch

from spatial_mae.training.schedule import learning_rate

STEPS, WARMUP, PEAK = 40, 8, 0.3


def test_linear_then_cosine_as_pytorch_s_schedulers():
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=PEAK)
    # LinearLR refuses to start at 0: a start factor that is all but 0 stands for it.
    linear = torch.optim.lr_scheduler.LinearLR(optimiser, 1e-12, total_iters=WARMUP)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS - WARMUP)
    both = torch.optim.lr_scheduler.SequentialLR(optimiser, [linear, cosine], [WARMUP])
    for step in range(STEPS):
        rate = learning_rate(step, STEPS, WARMUP, PEAK)
        assert rate == pytest.approx(optimiser.param_groups[0]["lr"], abs=1e-9)
        optimiser.step()
        both.step()


def test_ends_at_zero_and_needs_no_warm_up():
    assert learning_rate(STEPS, STEPS, WARMUP, PEAK) == pytest.approx(0, abs=1e-12)
    assert learning_rate(0, STEPS, 0, PEAK) == PEAK


def test_a_warm_up_may_end_within_a_step():
    assert learning_rate(2, 10, 2.5, 1.0) == pytest.approx(0.8)
    assert learning_rate(3, 10, 2.5, 1.0) < 1
