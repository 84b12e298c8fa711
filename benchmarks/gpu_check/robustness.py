"""Faults made on purpose, and waste: compilation that fails, memory that ends, needless waits."""

import collections
import contextlib
import io
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor

from benchmarks.gpu_check.context import Context, Step, random_images, task_on, train
from benchmarks.gpu_check.report import BAD, GOOD, Part, Row, Skipped, check
from spatial_mae.training import memory
from spatial_mae.training.devices import choose_device
from spatial_mae.training.pretraining import PretrainingTask

FALLBACK = "torch.compile failed"
WAIT = "called a synchronizing CUDA operation"  # not torch's line on the mode itself
WAITS_ALLOWED = 0
WARMING, COUNTED = 2, 5  # steps
SHARE_OF_PEAK = 0.75  # half a batch fits into it, a whole one does not
MEMORY_BATCH = 512


def run(context: Context, part: Part) -> None:
    check(part, "a GPU is chosen and held", chosen, context)
    check(part, "compilation fails in the forward pass", forward_fails, context)
    check(part, "compilation fails in the backward pass", backward_fails, context)
    check(part, "memory ends: the micro-batch is halved, once", halved, context)
    check(part, "waits for the GPU in a step", waits, context, part)
    check(part, f"peak memory of a step of {context.scale.batch} images", peak, context)


def chosen(context: Context) -> Row:
    with choose_device(1) as device:
        right = device.type == context.device.type or not context.on_gpu
        return {"result": GOOD if right else BAD, "note": str(device)}


def forward_fails(context: Context) -> Row:
    def broken(function: Callable, *_: object, **__: object) -> Callable:
        def fail(*arguments: object) -> None:
            raise RuntimeError("made to fail: forward")

        return fail

    return _falls_back(context, "forward", broken)


def backward_fails(context: Context) -> Row:
    def broken(function: Callable, *_: object, **__: object) -> Callable:
        return lambda *arguments, **named: _FailsBackward.apply(function(*arguments, **named))

    return _falls_back(context, "backward", broken)


class _FailsBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, loss: Tensor) -> Tensor:
        return loss.clone()

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        raise RuntimeError("made to fail: backward")


def _falls_back(context: Context, name: str, broken: Callable) -> Row:
    """An epoch of the training loop with a torch.compile that gives what `broken` makes."""
    n = context.scale.compared
    images = random_images(3 * n, context.device)
    with mock.patch.object(torch, "compile", broken), said() as lines:
        task = task_on(context.architecture(), images, batch_size=n, compile="always")
        training = train(task, context.scratch / f"{name}-fails")
    line = next((line for line in lines.getvalue().splitlines() if FALLBACK in line), None)
    if line is None:
        return {"result": BAD, "note": f"training ended, but no line says {FALLBACK!r}"}
    rows = len(training.position.history)
    return {"result": GOOD if rows == 1 else BAD, "note": line}


@contextlib.contextmanager
def said() -> Iterator[io.StringIO]:
    """What is written to stderr in the block, which is shown all the same."""
    lines = io.StringIO()
    try:
        with contextlib.redirect_stderr(lines):
            yield lines
    finally:
        print(lines.getvalue(), file=sys.stderr, end="")


def halved(context: Context) -> Row:
    """The memory of the process is limited on a GPU; on a CPU a batch too large says it is."""
    n = MEMORY_BATCH if context.scale.batch > MEMORY_BATCH else context.scale.compared
    images = random_images(n, context.device)
    state = context.scratch / "memory-ends"
    limit = _limited if context.on_gpu else _pretended
    with said() as lines, limit(context, images, n) as task:
        training = train(task, state)
    line = next((line for line in lines.getvalue().splitlines() if "out of memory" in line), None)
    found = training.position.micro_batch
    right = found == n // 2 and line is not None
    return {"result": GOOD if right else BAD, "measured": found, "allowed": n // 2, "note": line}


@contextlib.contextmanager
def _limited(context: Context, images: Tensor, n: int) -> Iterator[PretrainingTask]:
    """A task whose batch needs more memory than the process may take."""
    whole, half = (_peak_of_training(context, images, n, parts) for parts in (1, 2))
    if half > 0.9 * SHARE_OF_PEAK * whole:
        raise Skipped(f"half a batch takes {half / whole:.0%} of a whole one's memory")
    task = task_on(context.architecture(), images, batch_size=n)
    memory.release(context.device)
    total = torch.cuda.get_device_properties(context.device).total_memory
    try:
        torch.cuda.set_per_process_memory_fraction(SHARE_OF_PEAK * whole / total, context.device)
        yield task
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, context.device)


def _peak_of_training(context: Context, images: Tensor, n: int, parts: int) -> int:
    task = task_on(context.architecture(), images, batch_size=n, micro_batch=n // parts)
    memory.release(context.device)
    meter = memory.Meter(context.device)
    train(task, context.scratch / f"memory-{parts}")
    return meter.peak()


@contextlib.contextmanager
def _pretended(context: Context, images: Tensor, n: int) -> Iterator[PretrainingTask]:
    task = task_on(context.architecture(), images, batch_size=n)
    original = task.loss

    def loss(batch: tuple[Tensor, ...]) -> tuple[Tensor, None]:
        if len(batch[0]) > n // 2:
            raise torch.OutOfMemoryError("made to fail: out of memory")
        return original(batch)

    task.loss = loss
    yield task


def waits(context: Context, part: Part) -> Row:
    """How often a step makes the CPU wait for the GPU, and where: torch's own count."""
    if not context.on_gpu:
        raise Skipped("not measured: no GPU")
    task = task_on(context.architecture(), random_images(context.scale.compared, context.device))
    step = Step(task, context.scale.compared)
    for _ in range(WARMING):
        step()
    context.wait()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            for _ in range(COUNTED):
                step()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    found = [warning for warning in caught if WAIT in str(warning.message)]
    _tell_where(part, found)
    each = len(found) / COUNTED
    return {
        "result": GOOD if each <= WAITS_ALLOWED else BAD,
        "measured": each,
        "allowed": WAITS_ALLOWED,
        "note": f"{COUNTED} steps outside the loop's look at the loss; the table says where",
    }


def _tell_where(part: Part, found: list[warnings.WarningMessage]) -> None:
    places = collections.Counter((one.filename, one.lineno) for one in found)
    for (file, line), count in places.most_common():
        row = {"file": "/".join(Path(file).parts[-2:]), "line": line, "a step": count / COUNTED}
        part.add("where a step waits for the GPU", row)


def peak(context: Context) -> Row:
    n = context.scale.batch
    task = task_on(context.architecture(), random_images(n, context.device))
    memory.release(context.device)
    meter = memory.Meter(context.device)
    step = Step(task, n)
    try:
        for _ in range(WARMING):
            step()
    except RuntimeError as error:
        if memory.is_exhausted(error):
            raise Skipped(f"half of the batch does not fit into memory either: {error}") from error
        raise
    context.wait()
    note = f"bfloat16, patch size 4, uncompiled, {step.at_once} images at once"
    return {"result": GOOD, "measured": f"{meter.peak() / 2**30:.2f} GiB", "note": note}
