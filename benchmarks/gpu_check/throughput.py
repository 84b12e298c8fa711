"""Images per second of whole training steps, against usual ones, and the floor of this device.

A step is crops and flips, masks, forward, backward, AdamW; all contenders crop and flip by our
code, since theirs works image by image on the CPU.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks import peers
from benchmarks.gpu_check import floor
from benchmarks.gpu_check.context import Context, Step, random_images, recipe, task_on
from benchmarks.gpu_check.plain_mae import AutocastStep, PlainMAE
from benchmarks.gpu_check.report import Part, last_lines
from benchmarks.timing import median
from benchmarks.training_step import MASK_RATIO
from spatial_mae.models.architecture import Architecture, flops_per_image
from spatial_mae.training import memory
from spatial_mae.training.augmentation import random_resized_crop_flip

PATCHES = (4, 8, 2)
IMAGES, EPOCHS = 50_000, 2000  # the paper's
STEPS = 3  # in a turn, so that a GPU is not waited for after each
OURS, CAST_ONCE = "ours, bfloat16", "ours, bfloat16, weights cast once"
COMPILED, GRAPHS = "ours, bfloat16, compiled", "ours, bfloat16, CUDA graphs"
PLAIN, TRANSFORMERS = "plain MAE, autocast", "transformers' ViTMAE, autocast"
COMPILE_SECONDS = 45.0  # of a network, before one was compiled here
SMALLEST_PART = 8  # images at once: below, a contender is given up

Build = Callable[[Context, Architecture, Tensor, int], Step | AutocastStep]


@dataclass(frozen=True)
class Ceilings:
    """bandwidth: bytes per second; products: operations per second; both measured."""

    bandwidth: float
    products: float


@dataclass
class Contender:
    """step: over the whole batch, `at_once` images per pass. peak: bytes. seconds: of a step."""

    step: Step | AutocastStep
    at_once: int
    peak: int
    first: float
    seconds: list[float]


def run(context: Context, part: Part) -> None:
    ceilings = Ceilings(floor.copy_bandwidth(context), floor.product_rate(context))
    rates = {
        "copy, 10^9 bytes/s, read and written": ceilings.bandwidth / 1e9,
        "bfloat16 product, 10^12 operations/s": ceilings.products / 1e12,
    }
    part.add("what the device does at most", rates)
    for patch in PATCHES:
        _race(context, part, patch, UNCOMPILED, ceilings)
        memory.release(context.device)
    if not context.on_gpu:
        part.note("compiled: not measured, on a CPU it takes minutes and gains little")
        return
    needed = COMPILE_SECONDS
    for patch in PATCHES:
        if context.left < needed:
            part.note(f"compiled, patch size {patch}: not measured, {context.left:.0f} s are left")
            continue
        start = time.perf_counter()
        builds = {OURS: in_mode("plain"), COMPILED: in_mode("compiled"), GRAPHS: in_mode("graphs")}
        _race(context, part, patch, builds, ceilings)
        needed = 1.2 * (time.perf_counter() - start)
        torch.compiler.reset()
        memory.release(context.device)


def _race(
    context: Context, part: Part, patch: int, builds: Mapping[str, Build], ceilings: Ceilings
) -> None:
    """Contenders take turns; a row for each, and two for the floor."""
    sizes, batch = context.architecture(patch), context.scale.batch
    images = random_images(batch, context.device)
    ready: dict[str, Contender] = {}
    title = _title(sizes, batch, COMPILED in builds)
    for name, build in builds.items():
        try:
            ready[name] = _prepared(context, build, sizes, images)
        except Exception as error:
            part.add(title, {"contender": name, "note": last_lines(error, 1)})
    for _ in range(context.scale.rounds):
        for contender in ready.values():
            contender.seconds.append(_turn(context, contender.step))
    for name, contender in ready.items():
        try:
            contender.step.check_mode()
        except RuntimeError as error:
            part.add(title, {"contender": name, "note": str(error)})
        else:
            part.add(title, _row(name, contender, sizes, batch, ceilings, ready.get(OURS)))
    if COMPILED not in builds:
        for row in _floors(sizes, batch, ceilings):
            part.add(title, row)


def _title(sizes: Architecture, batch: int, with_compiled: bool) -> str:
    layers = f"{sizes.encoder_depth} + {sizes.decoder_depth} blocks of width {sizes.backbone.width}"
    ending = ", compiled" if with_compiled else ""
    return f"patch size {sizes.patch_size}, {layers}, batch {batch}{ending}"


def _prepared(context: Context, build: Build, sizes: Architecture, images: Tensor) -> Contender:
    """A contender whose step has run; with half as many images at once where memory ends."""
    at_once = len(images)
    while True:
        memory.release(context.device)
        meter = memory.Meter(context.device)
        try:
            step = build(context, sizes, images, at_once)
            first = _turn(context, step, 1)
            _turn(context, step, 1)
            step.check_mode()
            return Contender(step, step.at_once, meter.peak(), first, [])
        except (RuntimeError, MemoryError) as error:
            if not memory.is_exhausted(error) or at_once <= SMALLEST_PART:
                raise
        step = None
        at_once = (at_once + 1) // 2


def _turn(context: Context, step: Callable[[], object], steps: int = STEPS) -> float:
    """Seconds of a step, over `steps` of them."""
    context.wait()
    start = time.perf_counter()
    for _ in range(steps):
        step()
    context.wait()
    return (time.perf_counter() - start) / steps


def in_mode(mode: str) -> Build:
    """Our step in one of the trainer's modes."""

    def build(context: Context, sizes: Architecture, images: Tensor, at_once: int) -> Step:
        n = len(images)
        return Step(task_on(sizes, images, batch_size=n, micro_batch=at_once), n, mode)

    return build


def plain(context: Context, sizes: Architecture, images: Tensor, at_once: int) -> AutocastStep:
    module = PlainMAE(sizes, MASK_RATIO).to(images.device)
    return AutocastStep(module, _crops(images), module, at_once)


def others(context: Context, sizes: Architecture, images: Tensor, at_once: int) -> AutocastStep:
    module = peers.transformers(sizes, MASK_RATIO).to(images.device)
    return AutocastStep(module, _crops(images), lambda part: module(part).loss, at_once)


def _crops(images: Tensor) -> Callable[[], Tensor]:
    generator = torch.Generator(images.device).manual_seed(0)
    scale = recipe().crop_scale
    return lambda: (
        random_resized_crop_flip(images, generator, scale, flip=True).sub_(0.5).div_(0.25)
    )


UNCOMPILED: dict[str, Build] = {
    OURS: in_mode("plain"),
    CAST_ONCE: in_mode("cast-once"),
    PLAIN: plain,
    TRANSFORMERS: others,
}


def _row(
    name: str,
    contender: Contender,
    sizes: Architecture,
    batch: int,
    ceilings: Ceilings,
    reference: Contender | None,
) -> dict[str, object]:
    speed = batch / median(contender.seconds)
    row = {"contender": name} | _speed(speed, sizes, ceilings)
    row |= {"peak memory, GiB": contender.peak / 2**30, "images at once": contender.at_once}
    row["first step, s"] = contender.first
    if reference is not None and reference is not contender:
        pairs = zip(contender.seconds, reference.seconds, strict=True)
        row["ours is faster"] = median([theirs / own for theirs, own in pairs])
    return row


def _speed(speed: float, sizes: Architecture, ceilings: Ceilings) -> dict[str, float]:
    """MFU: the share of this device's rate of large products."""
    work = flops_per_image(sizes, MASK_RATIO)
    return {
        "images/s": speed,
        "MFU": speed * work / ceilings.products,
        "hours of 2000 epochs": IMAGES * EPOCHS / speed / 3600,
    }


def _floors(sizes: Architecture, batch: int, ceilings: Ceilings) -> list[dict[str, object]]:
    parameters = sum(p.numel() for p in PlainMAE(sizes, MASK_RATIO).parameters())
    moved = floor.bytes_per_image(sizes, MASK_RATIO) + floor.bytes_of_step(parameters) / batch
    speeds = {
        f"floor: {moved / 1e6:.3g} MB an image moved (estimate)": ceilings.bandwidth / moved,
        "floor: products alone": ceilings.products / flops_per_image(sizes, MASK_RATIO),
    }
    return [{"contender": name} | _speed(speed, sizes, ceilings) for name, speed in speeds.items()]
