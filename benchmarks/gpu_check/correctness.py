"""The same numbers as on the CPU, of equal weights, masks and images; and after an interruption."""

import copy
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from benchmarks.gpu_check import detector
from benchmarks.gpu_check.context import Context, random_images, task_on, train
from benchmarks.gpu_check.report import GOOD, Part, Row, check, judged
from benchmarks.training_step import MASK_RATIO
from spatial_mae.evaluation.probe import Labelled, fit_logistic, linear_probe
from spatial_mae.jacobian.jacobian import jacobian
from spatial_mae.jacobian.pixels import hidden_pixels
from spatial_mae.models import precision
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.training.optimiser import AdamW, parameter_groups
from spatial_mae.training.position import Interrupted
from spatial_mae.training.schedule import learning_rate

CPU = torch.device("cpu")
TOLERANCES = (
    "What is allowed. float32: sums in another order, some hundred roundings of 6e-8. bfloat16 "
    "rounds by up to 2^-9 each time: 16 blocks of ten operations add up to 2^-9 sqrt(160) = 2.5% "
    "of the gradient, and twice that is allowed; a loss is a mean over many numbers, so a fifth of "
    "it, and twice that where the steps of a training add up."
)
LIMITS = {"float32": (1e-5, 1e-4, 1e-3), "bfloat16": (1e-2, 5e-2, 2e-2)}
"""Largest relative gap of the loss, of the gradients, and of the losses over the steps."""
PROBED = {"n": 2000, "test": 500, "width": 64, "classes": 10}


def run(context: Context, part: Part) -> None:
    part.note(TOLERANCES)
    for name in ("float32", "bfloat16"):
        check(part, f"loss, {name}", loss, context, name)
        check(part, f"gradients, {name}", gradients, context, name)
    for name in ("float32", "bfloat16"):
        check(part, f"{context.scale.steps} optimiser steps, {name}", steps, context, name)
    for mode in ("forward", "reverse"):
        check(part, f"Jacobian, {mode} mode", jacobian_of, context, mode)
    check(part, "linear probe: least loss", probe_objective, context)
    check(part, "linear probe: accuracy", probe_accuracy, context)
    check(part, "an unbroken run, repeated", repeated, context)
    check(part, "an epoch interrupted and resumed", resumed, context)
    check(part, "a step of Mask R-CNN", detector.step, context)


class Setting:
    """A network, images and masks, equal on all devices."""

    def __init__(self, context: Context, steps: int = 1, patch: int = 4) -> None:
        sizes = context.architecture(patch)
        generator = torch.Generator().manual_seed(1)
        self.model = MaskedAutoencoder(sizes, generator=torch.Generator().manual_seed(0))
        self.images = random_images(context.scale.compared * 2).float() / 255
        n = context.scale.compared
        self.masks = [draw_masks(generator, n, sizes, MASK_RATIO, "exact") for _ in range(steps)]
        starts = torch.randint(0, n, (steps,), generator=generator).tolist()
        self.batches = [self.images[start : start + n] for start in starts]

    def on(self, device: torch.device, name: str) -> MaskedAutoencoder:
        """A copy of the network, that computes in the precision `name`."""
        model = copy.deepcopy(self.model).to(device)
        precision.use(model, name)
        return model

    def pass_on(self, device: torch.device, name: str) -> tuple[float, Tensor]:
        """The loss and all gradients in a row, on the CPU, of the first batch."""
        model = self.on(device, name)
        found = model.loss(self.batches[0].to(device), self.masks[0].to(device))
        found.backward()
        flat = [p.grad.flatten() for p in model.parameters()]
        return found.item(), torch.cat(flat).cpu()


def loss(context: Context, name: str) -> Row:
    setting = Setting(context)
    expected, _ = setting.pass_on(CPU, "float32")
    found, _ = setting.pass_on(context.device, name)
    row = judged(abs(found / expected - 1), LIMITS[name][0])
    if name == "bfloat16":
        other, _ = setting.pass_on(CPU, name)
        row["note"] = f"the CPU's own bfloat16: {abs(other / expected - 1):.2g}"
    return row


def gradients(context: Context, name: str) -> Row:
    """The largest relative error of a parameter would blame those whose gradient is near zero."""
    setting = Setting(context)
    _, expected = setting.pass_on(CPU, "float32")
    _, found = setting.pass_on(context.device, name)
    row = judged(_distance(found, expected), LIMITS[name][1])
    if name == "bfloat16":
        _, other = setting.pass_on(CPU, name)
        row["note"] = f"the CPU's own bfloat16: {_distance(other, expected):.2g}"
    return row


def steps(context: Context, name: str) -> Row:
    """Largest relative gap between the losses of two trainings, one on each device."""
    setting = Setting(context, context.scale.steps)
    rates = [learning_rate(i, len(setting.masks), 5, 1e-3) for i in range(len(setting.masks))]
    pairs = zip(
        _losses(setting, CPU, "float32", rates),
        _losses(setting, context.device, name, rates),
        strict=True,
    )
    gaps: list[float] = []
    for expected, found in pairs:
        gaps.append(abs(found / expected - 1))
        if context.left < context.scale.steps / 10 and len(gaps) >= 5:
            break
    return judged(max(gaps), LIMITS[name][2], f"{len(gaps)} steps")


def _losses(
    setting: Setting, device: torch.device, name: str, rates: list[float]
) -> Iterator[float]:
    model = setting.on(device, name)
    optimiser = AdamW(parameter_groups(model, 0.05), (0.9, 0.95))
    for batch, masks, rate in zip(setting.batches, setting.masks, rates, strict=True):
        found = model.loss(batch.to(device), masks.to(device))
        found.backward()
        optimiser.step(rate)
        optimiser.zero_grad()
        yield found.item()


def jacobian_of(context: Context, mode: str) -> Row:
    """Largest gap over the largest entry, of a few output pixels."""
    setting = Setting(context, patch=8)
    mask = setting.masks[0][0]
    outputs = hidden_pixels(setting.model.architecture, mask)[::97]
    found = [
        jacobian(setting.on(device, "float32"), setting.images[0], mask, outputs, mode=mode)
        for device in (CPU, context.device)
    ]
    expected, values = (one.values.cpu() for one in found)
    gap = (values - expected).abs().max() / expected.abs().max()
    return judged(float(gap), 1e-4, f"{len(outputs)} output pixels, float32")


def _labelled(device: torch.device) -> tuple[Labelled, Labelled]:
    """Features of classes that overlap, for training and for testing."""
    generator = torch.Generator().manual_seed(0)
    n, classes = PROBED["n"] + PROBED["test"], PROBED["classes"]
    labels = torch.randint(0, classes, (n,), generator=generator)
    centres = torch.randn((classes, PROBED["width"]), generator=generator)
    noise = 3 * torch.randn((n, PROBED["width"]), generator=generator)
    data = Labelled((centres[labels] + noise).to(device), labels.to(device))
    return data.part(slice(PROBED["n"])), data.part(slice(PROBED["n"], None))


def probe_objective(context: Context) -> Row:
    found = [
        fit_logistic(_labelled(device)[0], PROBED["classes"], 1e-2, 500).objective
        for device in (CPU, context.device)
    ]
    return judged(abs(found[1] / found[0] - 1), 1e-5, "both at the minimum, where the loss is flat")


def probe_accuracy(context: Context) -> Row:
    found = [
        linear_probe(*_labelled(device), (1e-3, 1e-1), 0.2, 500, np.random.default_rng(0))
        for device in (CPU, context.device)
    ]
    gap = abs(found[1].accuracy - found[0].accuracy)
    note = f"{found[0].accuracy:.4f} on the CPU; 2 of {PROBED['test']} test images may differ"
    return judged(gap, 2.5 / PROBED["test"], note)


def _trained(context: Context, name: str, stop_at: int | None = None) -> Mapping[str, Tensor]:
    """The weights after an epoch of the training loop, stopped before a step if so wished."""
    n = context.scale.compared
    state = context.scratch / name
    images = random_images(6 * n, context.device)

    def go(stop: int | None) -> Mapping[str, Tensor]:
        task = task_on(context.architecture(), images, batch_size=n)
        original = task.batch

        def watch(training) -> None:
            def batch(indices, epoch, step, *part):
                if step == stop:
                    training.stop.name = "SIGTERM"  # as if it had arrived
                return original(indices, epoch, step, *part)

            task.batch = batch

        return train(task, state, watch).weights()

    if stop_at is not None:
        try:
            go(stop_at)
        except Interrupted:
            return go(None)
        raise RuntimeError(f"the run was asked to stop in step {stop_at} and did not stop")
    return go(None)


def _gap(first: Mapping[str, Tensor], second: Mapping[str, Tensor]) -> float:
    return max(float((value - second[name]).abs().max()) for name, value in first.items())


def repeated(context: Context) -> Row:
    gap = _gap(_trained(context, "first"), _trained(context, "second"))
    note = "bit for bit" if gap == 0 else "this device does not repeat itself bit for bit"
    return {"result": GOOD, "measured": gap, "note": note}


def resumed(context: Context) -> Row:
    """As far as two unbroken runs are apart, and a rate of learning a step, at most."""
    whole, again = _trained(context, "whole"), _trained(context, "again")
    gap = _gap(whole, _trained(context, "broken", stop_at=3))
    allowed = 10 * _gap(whole, again)
    note = "bit for bit" if gap == 0 else "ten times the gap of two unbroken runs is allowed"
    return judged(gap, allowed, note)


def _distance(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())
