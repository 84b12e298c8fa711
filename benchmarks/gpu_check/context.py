"""What all parts of the check share: sizes, time, data, one training step."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import numpy as np
import torch
from torch import Tensor

from benchmarks.gpu_check.data import Images
from benchmarks.gpu_check.report import OutOfTime
from benchmarks.training_step import BACKBONE, MASK_RATIO, SIDE
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.training.checkpointing import ResumeFile
from spatial_mae.training.execution import fastest_kernels
from spatial_mae.training.gradients import Gradients
from spatial_mae.training.loop import Training
from spatial_mae.training.optimiser import AdamW
from spatial_mae.training.pretraining import PretrainingRun, PretrainingTask
from spatial_mae.training.recipe import PretrainingRecipe
from spatial_mae.training.run_folder import open_run


@dataclass(frozen=True)
class Scale:
    """Sizes of the checks.

    depths: encoder and decoder blocks. batch: images of a step whose speed is measured. compared:
    images of a step that is compared with the CPU. steps: of the optimiser, compared. rounds:
    turns of a race. side: of a square matrix product. copied: bytes of a copy. epochs, images: of
    the real run, at most (None: all).
    """

    backbone: Backbone
    depths: tuple[int, int]
    batch: int
    compared: int
    steps: int
    rounds: int
    side: int
    copied: int
    epochs: int
    images: int | None


PAPER = Scale(BACKBONE, (12, 4), 4096, 32, 50, 5, 8192, 2**31, 2000, None)
TINY = Scale(Backbone(24, 2, 24, 2, 2.0, True), (2, 1), 8, 8, 50, 2, 256, 2**20, 3, 400)


@dataclass
class Context:
    """Where a part works: device, sizes, images given by the user, a folder for scratch files.

    out: where results go. ends: of the part in hand, seconds since 1970. mode: of a training
    step, the fastest at the real run's sizes; None if that is not known.
    """

    device: torch.device
    scale: Scale
    data: Images | None
    scratch: Path
    out: Path
    ends: float = float("inf")
    mode: str | None = None

    @property
    def on_gpu(self) -> bool:
        return self.device.type == "cuda"

    @property
    def left(self) -> float:
        """Seconds that the part in hand may still take."""
        return self.ends - time.time()

    def architecture(self, patch: int = 4) -> Architecture:
        return Architecture(SIDE, SIDE, 3, patch, 1, *self.scale.depths, self.scale.backbone)

    def wait(self) -> None:
        """Until the device has done all it was given."""
        if self.on_gpu:
            torch.cuda.synchronize(self.device)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the block after so many seconds, as soon as Python code runs again."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _over(number: int, frame: FrameType | None) -> None:
    raise OutOfTime


def random_images(n: int, device: torch.device | str = "cpu") -> Tensor:
    """Blocks of 4 x 4 equal pixels with noise, equal on all devices: uint8 (n, 3, SIDE, SIDE)."""
    rng = np.random.default_rng(0)
    blocks = rng.integers(0, 200, (n, 3, SIDE // 4, SIDE // 4))
    noise = rng.integers(0, 56, (n, 3, SIDE, SIDE))
    images = np.kron(blocks, np.ones((4, 4), int)) + noise
    return torch.from_numpy(images.astype(np.uint8)).to(device)


def recipe(**changes: object) -> PretrainingRecipe:
    """The paper's pretraining, one epoch of it, uncompiled in float32; `changes` override."""
    values = {
        "epochs": 1,
        "warmup_epochs": 0.0,
        "batch_size": 4096,
        "micro_batch": None,
        "base_learning_rate": 1.5e-4,
        "weight_decay": 0.05,
        "betas": (0.9, 0.95),
        "crop_scale": (0.2, 1.0),
        "flip": True,
        "sampling": "exact",
        "loss_on": "hidden",
        "normalise_targets": False,
        "boundary_width": 0,
        "n_train": None,
        "checkpoints": (),
        "precision": "float32",
        "clip_norm": None,
        "ema_decay": None,
        "compile": "never",
    }
    return PretrainingRecipe(**(values | changes))


def task_on(architecture: Architecture, images: Tensor, **changes: object) -> PretrainingTask:
    """The task of pretraining on `images`, at the paper's mask ratio and seed 0."""
    run = PretrainingRun(None, architecture, MASK_RATIO, recipe(**changes), 0)
    return PretrainingTask(run, images)


def train(task: PretrainingTask, state: Path, watch: Callable = lambda training: None) -> Training:
    """Run the training loop to its end, from the resume file in `state` if there is one.

    `watch` is given the training before it starts.
    """
    with open_run(state) as folder:
        resume = ResumeFile(state, {})
        training = Training(task, task.run.recipe, 0, folder, resume)
        watch(training)
        training.run()
    return training


class Step:
    """One step of the trainer: crops and flips, masks, forward, backward, AdamW."""

    def __init__(self, task: PretrainingTask, n_images: int, mode: str = "plain") -> None:
        """In bfloat16, with the attention and the products that are the fastest here.

        Its indices are on the CPU, as those of the training loop are.
        """
        at_once = task.run.recipe.micro_batch or n_images
        device = task.images.device
        kernels = fastest_kernels("bfloat16", task.attention_shapes(at_once), device)
        self.mode = mode
        task.use(replace(kernels, mode=mode))
        self.gradients = Gradients(task, device, task.run.recipe.micro_batch)
        self.optimiser = AdamW(task.groups(), task.run.recipe.betas)
        self.indices = torch.arange(n_images)
        self.number = 0

    def check_mode(self) -> None:
        """Raise RuntimeError if the compiler failed: the step is computed uncompiled since."""
        if (found := self.gradients.task.mode()) != self.mode:
            raise RuntimeError(f"computed {found}, not {self.mode}: torch.compile failed (see log)")

    @property
    def at_once(self) -> int:
        """Images of a pass: fewer than a step has where memory ended."""
        return self.gradients.micro_batch or len(self.indices)

    def __call__(self) -> Tensor:
        """The loss and the correct answers, float64 (2,)."""
        sums = self.gradients.of(self.indices, 0, self.number)
        self.optimiser.step(1e-4)
        self.optimiser.zero_grad()
        self.number += 1
        return sums
