"""Parameter groups, and steps of AdamW against PyTorch's own."""

import copy
import subprocess
import sys

import pytest
import torch
from torch import nn

from spatial_mae.training.optimiser import AdamW, parameter_groups


class Toy(nn.Module):
    def __init__(self):
        super().__init__()
        self.class_token = nn.Parameter(torch.ones(1, 1, 2))
        self.layer = nn.Linear(2, 3)
        self.norm = nn.LayerNorm(3)
        self.head = nn.Linear(3, 1)

    def depth_of(self, name):
        return {"class_token": 0, "layer": 1}.get(name.partition(".")[0], 2)


def names(module, group):
    known = {id(p): name for name, p in module.named_parameters()}
    return sorted(known[id(p)] for p in group["params"])


def test_matrices_alone_decay():
    toy = Toy()
    groups = {g["weight_decay"]: names(toy, g) for g in parameter_groups(toy, 0.05)}
    assert groups == {
        0.05: ["head.weight", "layer.weight"],
        0.0: ["class_token", "head.bias", "layer.bias", "norm.bias", "norm.weight"],
    }


def test_deeper_stages_learn_faster():
    toy = Toy()
    groups = parameter_groups(toy, 0.05, 0.5, toy.depth_of)
    scales = {name: g["scale"] for g in groups for name in names(toy, g)}
    assert scales["head.weight"] == scales["norm.bias"] == 1
    assert scales["layer.weight"] == scales["layer.bias"] == 0.5
    assert scales["class_token"] == 0.25


def test_frozen_parameters_are_in_no_group():
    toy = Toy()
    toy.layer.requires_grad_(False)
    found = [name for g in parameter_groups(toy, 0.05) for name in names(toy, g)]
    assert "layer.weight" not in found and "head.weight" in found
    with pytest.raises(ValueError, match="nothing to train"):
        parameter_groups(toy.requires_grad_(False), 0.05)


def no_kernel(*tensors, **options):
    raise NotImplementedError("Could not run 'aten::_fused_adamw_' here")


def other_layouts(*tensors, **options):
    raise RuntimeError("params, grads, exp_avgs, and exp_avg_sqs must have same dtype and layout")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("fused", [torch._fused_adamw_, no_kernel, other_layouts])
def test_steps_are_pytorch_s_adamw(device, fused, monkeypatch, capfd):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no GPU")
    monkeypatch.setattr(torch, "_fused_adamw_", fused)
    torch.manual_seed(0)
    toy = Toy().to(device)
    rival = copy.deepcopy(toy)
    groups, others = (parameter_groups(m, 0.1, 0.5, m.depth_of) for m in (toy, rival))
    ours = AdamW(groups, (0.8, 0.9))
    theirs = torch.optim.AdamW(others, lr=1.0, betas=(0.8, 0.9), fused=False)
    for rate in (0.1, 0.05, 0.0, 0.02):
        for p, q in zip(toy.parameters(), rival.parameters(), strict=True):
            p.grad = torch.randn_like(p)
            q.grad = p.grad.clone()
        for group in theirs.param_groups:
            group["lr"] = rate * group["scale"]
        ours.step(rate)
        theirs.step()
        ours.zero_grad()
    for p, q in zip(toy.parameters(), rival.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-6, atol=1e-7)
        assert p.grad is None
    assert {int(count) for count in ours.steps} == {4}
    assert capfd.readouterr().err.count("no fused AdamW here") == (
        fused in (no_kernel, other_layouts)
    )


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), torch.AcceleratorError("CUDA error")]
)
def test_a_device_that_fails_is_no_device_without_the_kernel(monkeypatch, error):
    def fail(*tensors, **options):
        raise error

    monkeypatch.setattr(torch, "_fused_adamw_", fail)
    toy = Toy()
    optimiser = AdamW(parameter_groups(toy, 0.1), (0.9, 0.95))
    for p in toy.parameters():
        p.grad = torch.ones_like(p)
    with pytest.raises(type(error)):
        optimiser.step(0.1)
    assert optimiser.fused


def test_the_fused_kernel_gets_what_pytorch_s_optimiser_gives_it(monkeypatch):
    """The kernel of a GPU checks more than that of the CPU: types, devices, layouts."""
    calls = []

    def noted(*tensors, **options):
        described = [[(t.dtype, t.device, t.shape, t.stride()) for t in part] for part in tensors]
        defaults = {"grad_scale": None, "found_inf": None}
        calls.append((described, {**defaults, **options}))

    monkeypatch.setattr(torch, "_fused_adamw_", noted)
    for make in (
        lambda p: AdamW([{"params": p, "weight_decay": 0.1, "scale": 1.0}], (0.8, 0.9)).step(0.5),
        lambda p: torch.optim.AdamW(p, 0.5, (0.8, 0.9), 1e-8, 0.1, fused=True).step(),
    ):
        parameters = [nn.Parameter(torch.ones(3, 2)), nn.Parameter(torch.ones(5))]
        for p in parameters:
            p.grad = torch.ones_like(p)
        make(parameters)
    assert calls[0] == calls[1]


def test_a_parameter_without_a_gradient_stays():
    toy = Toy()
    before = {name: p.detach().clone() for name, p in toy.named_parameters()}
    optimiser = AdamW(parameter_groups(toy, 0.1), (0.9, 0.95))
    toy.head.weight.grad = torch.ones_like(toy.head.weight)
    optimiser.step(0.1)
    moved = {name for name, p in toy.named_parameters() if not torch.equal(p, before[name])}
    assert moved == {"head.weight"}


def test_a_loaded_state_goes_on_as_the_saved_one():
    results = []
    for reload in (False, True):
        torch.manual_seed(0)
        toy = Toy()
        optimiser = AdamW(parameter_groups(toy, 0.1), (0.9, 0.95))
        for step in range(4):
            for p in toy.parameters():
                p.grad = torch.randn_like(p)
            optimiser.step(0.1)
            if reload and step == 1:
                state = copy.deepcopy(optimiser.state_dict())
                optimiser = AdamW(parameter_groups(toy, 0.1), (0.9, 0.95))
                optimiser.load_state_dict(state)
        results.append([p.detach() for p in toy.parameters()])
    assert all(torch.equal(p, q) for p, q in zip(*results, strict=True))


def test_training_does_not_import_the_compiler():
    """Its import takes longer than many a small run."""
    code = (
        "import sys, torch; from spatial_mae.training.optimiser import AdamW;"
        "p = torch.nn.Parameter(torch.ones(2, 2)); p.grad = p.detach().clone();"
        "AdamW([{'params': [p], 'weight_decay': 0.1, 'scale': 1}], (0.9, 0.95)).step(0.1);"
        "torch.nn.utils.clip_grad_norm_([p], 1.0); assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
