"""The moving average against its recursion, in numbers that a hand can check."""

import pytest
import torch
from torch import nn

from spatial_mae.training.averaging import MovingAverage


def moved(module, average, values):
    """Weights of the average after each of `values` was the parameters' value for a step."""
    seen = []
    for value in values:
        with torch.no_grad():
            module.weight.fill_(value)
        average.update()
        seen.append(float(average.values["weight"]))
    return seen


@pytest.fixture
def module():
    layer = nn.Linear(1, 1)
    nn.init.zeros_(layer.weight)
    return layer


def test_the_average_starts_at_the_parameters_and_follows_its_recursion(module):
    average = MovingAverage(module, 0.75)
    assert moved(module, average, [1, 1, -1]) == [0.25, 0.4375, 0.078125]
    assert module.weight.item() == -1


def test_a_loaded_average_goes_on_as_the_saved_one(module):
    average = MovingAverage(module, 0.75)
    moved(module, average, [1])
    saved = {name: value.clone() for name, value in average.values.items()}
    again = MovingAverage(module, 0.75)
    again.load(saved)
    assert moved(module, again, [1, -1]) == [0.4375, 0.078125]


def test_frozen_parameters_have_no_average_and_no_decay_means_none_at_all(module):
    module.bias.requires_grad_(False)
    assert list(MovingAverage(module, 0.9).values) == ["weight"]
    average = MovingAverage(module, None)
    average.update()
    assert average.values == {}


def test_a_forgotten_average_is_gone(module):
    average = MovingAverage(module, 0.9)
    average.forget()
    average.update()
    assert average.values == {}
