"""How the steps of a run are computed: number type, attention, products, mode.

Measured once on each machine.
"""

import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch

from spatial_mae.choices import Choice, Clock, choose, fixed_answers
from spatial_mae.models.attention import attend, usual_way, ways_for
from spatial_mae.models.precision import PRECISIONS
from spatial_mae.models.products import linear, product_ways
from spatial_mae.training.memory import is_exhausted

BFLOAT16_GAIN = 1.2  # bfloat16 must be this many times as fast as float32 to be taken
ATTENTION_GAIN = 1.1  # and another way of attention, or of products, than the usual one
# Rows, inputs and outputs of the layer whose products are timed: some milliseconds.
PRODUCTS = 1024, 192, 768
# Multiplications of an attention that is timed on a CPU: some hundredths of a second.
CPU_WORK = 2**27
# Below, in a micro-batch, attention takes at most two milliseconds: chance would choose.
LEAST_WORK = {"cpu": 2**20, "cuda": 2**25}
# Steps that take fewer seconds in all do not repay the minutes that a compiler takes.
WORTH_COMPILING = 120.0
# First steps that are not timed: kernels are chosen and libraries loaded; in a mode, the first
# compiles and the second records CUDA graphs.
FIRST_STEPS, FIRST_STEPS_OF_A_MODE = 1, 2

Shape = tuple[int, int, int, int]  # images, heads, tokens, values a head


@dataclass(frozen=True)
class Execution:
    """How steps are computed. attention: the way of each part, e.g. {"encoder": "fused"}.

    precision: "float32" or "bfloat16"; mode: one of `compiling.MODES`; products: those of linear
    layers, one of `products.WAYS`.
    """

    precision: str = "float32"
    attention: dict[str, str] = field(default_factory=dict)
    mode: str = "plain"
    products: str = "usual"


class Executable(Protocol):
    """What is asked of a task whose execution is chosen."""

    def describe(self) -> dict:
        """Plain values that decide how fast a step is: sizes and the like."""

    def attention_shapes(self, n_images: int) -> dict[str, Shape]:
        """Of each part, for that many images; empty where the usual way is to be taken."""

    def use(self, execution: Execution) -> None:
        """Compute so from now on."""

    def mode(self) -> str:
        """The mode in use: "plain" after a compiler failed."""


class Chooser:
    """Chooses how `task` computes, by trying it.

    step: one forward and backward pass over a micro-batch of n_images, without memory of it.
    n_steps: how many such the run will make. say: takes a line for the log. forget: called once the
    number type is known: memory that ended with another type says nothing about this one.
    """

    def __init__(
        self,
        task: Executable,
        step: Callable[[], object],
        n_images: int,
        device: torch.device,
        n_steps: int,
        say: Callable[[str], None],
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self.task, self.step, self.n_images, self.device = task, step, n_images, device
        self.n_steps, self.say, self.forget = n_steps, say, forget
        self.clock = clock_for(device)

    def choose(self, precision: str, compiling: str, whole: bool = True) -> Execution:
        """precision, compiling: as the recipe names them. whole: a step is one micro-batch.

        The task is left computing so. Raises RuntimeError if nothing works, memory least of all.
        """
        if precision == "auto":
            contenders = {name: self._running(lambda n=name: self._plain(n)) for name in PRECISIONS}
            precision = self._choose("precision", contenders, FIRST_STEPS, BFLOAT16_GAIN).answer
            self.forget()
        execution = self._plain(precision)
        execution = replace(execution, mode=self._mode(execution, compiling, whole))
        self.task.use(execution)
        return execution

    def _plain(self, precision: str) -> Execution:
        shapes = self.task.attention_shapes(self.n_images)
        return fastest_kernels(precision, shapes, self.device, self.say)

    def _mode(self, execution: Execution, compiling: str, whole: bool) -> str:
        fixed = fixed_answers().get("mode")
        if fixed or compiling == "always":
            return self._tried(execution, fixed or "compiled")
        modes = self._modes(execution, compiling, whole)
        contenders = {
            mode: self._running(lambda mode=mode: replace(execution, mode=mode)) for mode in modes
        }
        of = execution.precision
        return self._choose("mode", contenders, FIRST_STEPS_OF_A_MODE, of=of).answer

    def _tried(self, execution: Execution, mode: str) -> str:
        """The mode that is asked for; "plain", and a line that says so, if the compiler fails."""
        self.task.use(replace(execution, mode=mode))
        if mode != "plain":
            try:
                self.step()
            except Exception as error:
                if not is_exhausted(error):  # training itself tries smaller micro-batches
                    raise
        return self.task.mode()

    def _modes(self, execution: Execution, compiling: str, whole: bool) -> list[str]:
        """What is tried. On a CPU compiling takes minutes and gains below a tenth: not there."""
        if self.device.type != "cuda":
            return ["plain"]
        modes = ["plain"] if execution.precision == "float32" else ["plain", "cast-once"]
        if compiling == "auto" and self._seconds_left(execution) > WORTH_COMPILING:
            modes += ["compiled", "graphs"] if whole else ["compiled"]
        return modes

    def _seconds_left(self, execution: Execution) -> float:
        """By a step's time as it was first measured here, so that reruns try the same modes."""
        plain = {"plain": self._running(lambda: execution)}
        found = self._choose("step", plain, FIRST_STEPS, of=execution.precision, alone=True)
        return found.seconds["plain"] * self.n_steps

    def _running(self, wanted: Callable[[], Execution]) -> Callable[[], None]:
        """A step under an execution, which is asked for at first; on a CPU no more is done then."""
        found: list[Execution] = []

        def run() -> None:
            if not found:
                found.append(wanted())
                if self.device.type == "cpu":  # where first steps are as long as others
                    return
            self.task.use(found[0])
            self.step()
            wait(self.device)
            if self.task.mode() != found[0].mode:
                raise RuntimeError("torch.compile failed")

        return run

    def _choose(
        self,
        question: str,
        contenders: Mapping,
        preparation: int,
        gain: float = 1.0,
        alone: bool = False,
        **about,
    ) -> Choice:
        about |= {**self.task.describe(), "images": self.n_images, **machine(self.device)}
        choice = choose(question, about, contenders, gain, self.clock, preparation, alone)
        _told(choice, self.say)
        return choice


def fastest_kernels(
    precision: str,
    shapes: Mapping[str, Shape],
    device: torch.device,
    say: Callable[[str], object] = lambda line: None,
) -> Execution:
    """The fastest attention of each part, by its shape, and the fastest products of layers.

    A shape that takes too little time gets "auto". say: takes a line for the log.
    """
    dtype = PRECISIONS[precision]
    attention = {part: _attention(shape, dtype, device, say) for part, shape in shapes.items()}
    if device.type != "cpu":  # a GPU has one library, made for it
        return Execution(precision, attention)
    return Execution(precision, attention, products=_told(choose_products(device, dtype), say))


def _attention(
    shape: Shape, dtype: torch.dtype, device: torch.device, say: Callable[[str], object]
) -> str:
    n, heads, tokens, size = shape
    small = n * heads * tokens**2 * size < LEAST_WORK["cpu" if device.type == "cpu" else "cuda"]
    if small and "attention" not in fixed_answers():
        return "auto"
    detail = f" for {tokens} tokens, {heads} heads of {size}, {dtype}"
    return _told(choose_attention(shape, dtype, device), say, detail)


def _told(choice: Choice, say: Callable[[str], object], detail: str = "") -> str:
    """The answer, after a line about it unless there was nothing to choose."""
    if choice.origin != "only":
        say(f"{choice}{detail}")
    return choice.answer


def choose_attention(shape: Shape, dtype: torch.dtype, device: torch.device) -> Choice:
    """The fastest way of attention for that shape, forward and backward."""
    about = {"shape": list(shape), "dtype": str(dtype), **machine(device)}
    contenders = attention_contenders(shape, dtype, device)
    first = FIRST_STEPS if device.type == "cuda" else 0
    return choose("attention", about, contenders, ATTENTION_GAIN, clock_for(device), first)


def choose_products(device: torch.device, dtype: torch.dtype = torch.float32) -> Choice:
    """The faster way of a linear layer's products, forward and backward, on a CPU."""
    about = {"sizes": list(PRODUCTS), **machine(device)}
    question = "products" if dtype == torch.float32 else "bfloat16_products"
    return choose(question, about, product_contenders(dtype), ATTENTION_GAIN, clock_for(device))


def fastest_products(device: torch.device, dtype: torch.dtype = torch.float32) -> str:
    """The way of a linear layer's products; a GPU has one library, made for it."""
    return choose_products(device, dtype).answer if device.type == "cpu" else "usual"


def product_contenders(dtype: torch.dtype) -> dict[str, Callable[[], None]]:
    """Forward and backward passes of a linear layer in each way, the usual one first, on a CPU."""
    rows, inputs, outputs = PRODUCTS
    shapes = (rows, inputs), (outputs, inputs), (outputs,)
    parts = [torch.ones(shape, dtype=dtype, requires_grad=True) for shape in shapes]

    def run(way: str) -> None:
        made = linear(*parts, way)
        torch.autograd.grad(made, parts, made.detach())

    return {way: lambda way=way: run(way) for way in product_ways(dtype)}


def machine(device: torch.device) -> dict:
    """What all choices about this device depend on."""
    on_gpu = device.type == "cuda"
    name = torch.cuda.get_device_name(device) if on_gpu else device.type
    return {"device": name, "threads": torch.get_num_threads()}


def clock_for(device: torch.device) -> Clock:
    """Processor time on a CPU, where other programs disturb it less; else time on the wall."""
    return time.perf_counter if device.type == "cuda" else time.process_time


def attention_contenders(
    shape: Shape, dtype: torch.dtype, device: torch.device
) -> dict[str, Callable[[], None]]:
    """Forward and backward passes of attention in each way that may be the fastest.

    The usual way comes first. On a CPU a part of the images is enough.
    """
    n, heads, tokens, size = shape
    if device.type != "cuda":
        n = max(1, min(n, CPU_WORK // (heads * tokens**2 * size)))
    generator = torch.Generator(device).manual_seed(0)
    parts = [
        torch.randn((n, heads, tokens, size), generator=generator, device=device)
        .to(dtype)
        .requires_grad_()
        for _ in range(3)
    ]
    usual = usual_way(*parts[:2])
    ways = [usual, *(way for way in ways_for(size, dtype, device) if way != usual)]

    def run(way: str) -> None:
        with warnings.catch_warnings():  # of a kernel that says why it cannot
            warnings.simplefilter("ignore")
            read = attend(*parts, way=way)
            torch.autograd.grad(read, parts, parts[2].detach())
        wait(device)

    return {way: lambda way=way: run(way) for way in ways}


def wait(device: torch.device) -> None:
    """Until the device has done what it was asked to."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
