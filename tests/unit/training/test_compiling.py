"""Modes of a network's function: equal results, and what happens where a compiler fails."""

import pytest
import torch
from torch import nn
from toy_training import fails_in_forward

from spatial_mae.models import precision
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.compiling import Switchable

BACKBONE = Backbone(
    width=24, encoder_heads=2, decoder_width=24, decoder_heads=2, mlp_ratio=2.0, class_token=True
)
SIZES = Architecture(16, 16, 3, 4, 1, 2, 1, BACKBONE)


@pytest.fixture
def network():
    return MaskedAutoencoder(SIZES, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    return torch.rand((6, 3, 16, 16), generator=generator), draw_masks(
        generator, 6, SIZES, 0.75, "exact"
    )


def loss_and_gradients(network, function, batch):
    network.zero_grad()
    loss = function(*batch)
    loss.backward()
    return loss.detach(), [p.grad.clone() for p in network.parameters()]


def assert_equal(found, expected):
    assert torch.equal(found[0], expected[0])
    assert all(torch.equal(a, b) for a, b in zip(found[1], expected[1], strict=True))


@pytest.mark.parametrize("arithmetic", ["float32", "bfloat16"])
def test_weights_cast_once_give_the_same_bits(network, batch, arithmetic):
    precision.use(network, arithmetic)
    expected = loss_and_gradients(network, network.loss, batch)
    once = Switchable(network, "loss")
    once.use("cast-once")
    assert_equal(loss_and_gradients(network, once, batch), expected)
    with torch.no_grad():  # the weights are read in every step
        for parameter in network.parameters():
            parameter.mul_(0.5)
    expected = loss_and_gradients(network, network.loss, batch)
    assert_equal(loss_and_gradients(network, once, batch), expected)


def test_weights_cast_once_are_cast_once(network, batch):
    precision.use(network, "bfloat16")
    casts = {}
    for mode in ("plain", "cast-once"):
        function = Switchable(network, "loss")
        function.use(mode)
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
            function(*batch).backward()
        casts[mode] = sum(e.count for e in profile.key_averages() if e.key == "aten::_to_copy")
    n_parameters = len(list(network.parameters()))
    assert casts["plain"] - casts["cast-once"] >= 2 * n_parameters - 8


def test_an_unknown_mode_is_refused(network):
    with pytest.raises(ValueError, match="'fast' is unknown; use one of plain, cast-once"):
        Switchable(network, "loss").use("fast")


def test_a_failing_forward_pass_is_replaced_at_once(network, batch, monkeypatch, capfd):
    monkeypatch.setattr(torch, "compile", fails_in_forward)
    function = Switchable(network, "loss")
    function.use("compiled")
    assert torch.equal(function(*batch), network.loss(*batch))
    assert function.mode == "plain"
    assert "torch.compile failed (ImportError: no C compiler)" in capfd.readouterr().err


def test_giving_up_says_why_once(network, capfd):
    function = Switchable(network, "loss")
    assert not function.give_up(ValueError("anything"))
    function.use("graphs")
    assert function.give_up(ImportError("no\nat all"))
    assert (function.mode, function.give_up(ValueError("again"))) == ("plain", False)
    assert capfd.readouterr().err.count("torch.compile failed (ImportError: no)") == 1


def test_out_of_memory_is_no_failure_of_the_compiler(network, batch, monkeypatch):
    def exhausted(function, **_):
        def call(*_):
            raise torch.OutOfMemoryError("CUDA out of memory")

        return call

    monkeypatch.setattr(torch, "compile", exhausted)
    function = Switchable(network, "loss")
    function.use("compiled")
    with pytest.raises(torch.OutOfMemoryError):
        function(*batch)
    assert function.mode == "compiled"


def test_errors_of_the_function_itself_are_raised(network, batch, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    function = Switchable(network, "loss")
    function.use("compiled")
    with pytest.raises(ValueError, match="do not fit a network"):
        function(torch.rand(6, 3, 8, 8), batch[1])


def test_a_module_alone_can_be_switched():
    module = nn.Linear(2, 2)
    function = Switchable(module)
    assert torch.equal(function(torch.ones(1, 2)), module(torch.ones(1, 2)))
