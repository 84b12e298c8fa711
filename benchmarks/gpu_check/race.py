"""Ways to compute the same step, raced; the trainer takes the winners, remembered here.

Attention: kernels and padding of heads, by number of tokens and size of a head. Step: as it is,
weights cast once, compiled, compiled and replayed as CUDA graphs.
"""

import time
from collections.abc import Callable

import torch

from benchmarks.gpu_check.context import Context, random_images, task_on
from benchmarks.gpu_check.report import Part
from spatial_mae.choices import Choice, made
from spatial_mae.training import memory
from spatial_mae.training.execution import Chooser, Execution, choose_attention
from spatial_mae.training.gradients import Gradients

TOKENS = (17, 65, 257)  # a quarter of the patches, all of 8 x 8, all of 16 x 16; and a class token
HEADS = {16: 12, 12: 16, 64: 3}  # size of a head -> heads: the paper's encoder, its decoder, usual
PATCHES = (4, 8, 2)
NEEDED = 60.0  # seconds for compiling a network
MANY_STEPS = 10**6  # of the run that is to be: compiling is worth while


def race(context: Context, part: Part) -> str:
    """Returns the status of the part."""
    _attention(context, part)
    for patch in PATCHES:  # what the real run needs is measured first
        _modes(context, part, patch)
    return "done"


def _attention(context: Context, part: Part) -> None:
    for size, heads in HEADS.items():
        for tokens in TOKENS:
            shape = (context.scale.batch, heads, tokens, size)
            title = f"attention, {heads} heads of {size}, bfloat16, forward and backward"
            try:
                choice = choose_attention(shape, torch.bfloat16, context.device)
            except RuntimeError as error:  # none of the ways ran
                part.add(title, {"tokens": tokens, "note": str(error)[:200]})
                continue
            part.add(title, {"tokens": tokens, **_row(choice)})
            memory.release(context.device)


def _modes(context: Context, part: Part, patch: int) -> None:
    """Number type, products and mode of a whole forward and backward pass.

    CUDA graphs are compiled apart: they are raced if there is time for it after the others.
    """
    title = f"step at patch size {patch}, batch {context.scale.batch}, forward and backward"
    compiling = "auto" if context.on_gpu and context.left > NEEDED else "never"
    if compiling == "never":
        part.note(f"{title}: nothing compiled, {'no time' if context.on_gpu else 'on a CPU'}")
    n = context.scale.batch
    task = task_on(context.architecture(patch), random_images(n, context.device), batch_size=n)
    gradients = Gradients(task, context.device, None)
    batch = task.batch(torch.arange(n, device=context.device), 0, 0)

    def step() -> None:
        gradients.of_batch(batch)
        task.module.zero_grad()

    chooser = Chooser(task, step, n, context.device, MANY_STEPS, print)
    start = time.perf_counter()
    found = _chosen(part, title, lambda: chooser.choose("auto", compiling, whole=False))
    if compiling == "auto" and context.left > time.perf_counter() - start:
        _keep(context, part, patch, found.mode)
        found = _chosen(part, title, lambda: chooser.choose("auto", compiling))
    elif compiling == "auto":
        part.note(f"{title}: no time for CUDA graphs")
    _keep(context, part, patch, found.mode)
    ways = ", ".join(f"{name} {way}" for name, way in found.attention.items())
    part.add(title, {"question": "attention in the network", "chosen": ways})
    memory.release(context.device)


def _chosen(part: Part, title: str, choose: Callable[[], Execution]) -> Execution:
    """What is chosen; a row for each choice that was made here, also if time ends meanwhile.

    What an earlier race of the same step has found is remembered, and has its row.
    """
    before, rows = len(made()), part.content["tables"].get(title, [])
    known = {"attention", *(row["question"] for row in rows)} - {"mode"}
    try:
        return choose()
    finally:
        for choice in (Choice(**values) for values in made()[before:]):
            if choice.question not in known:
                part.add(title, {"question": choice.question, **_row(choice)})


def _keep(context: Context, part: Part, patch: int, mode: str) -> None:
    """The mode is the real run's if the patch size is."""
    if patch == PATCHES[0]:
        context.mode = mode
        part.keep(mode=mode)


def _row(choice: Choice) -> dict[str, object]:
    """Milliseconds of each contender, and why one did not run."""
    times = {f"{name}, ms": 1e3 * value for name, value in choice.seconds.items()}
    failed = "; ".join(f"{name}: {why}" for name, why in choice.failed.items())
    return {"chosen": choice.answer, "origin": choice.origin, **times, "failed": failed[:300]}
