"""Pretraining on real images in the time that is left, and what a linear probe reads from it."""

import contextlib
import math
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from benchmarks.gpu_check.context import Context, recipe
from benchmarks.gpu_check.data import SPLITS, Images
from benchmarks.gpu_check.report import Part
from benchmarks.training_step import MASK_RATIO
from spatial_mae.choices import PINS
from spatial_mae.data.store import Batch, Dataset, Prepared, open_dataset, write_dataset
from spatial_mae.evaluation.features import features, freeze
from spatial_mae.evaluation.probe import Labelled, linear_probe
from spatial_mae.files import Row, read_rows, write_rows
from spatial_mae.models.weights import load_encoder, load_mae, read_metadata, save_weights
from spatial_mae.training.checkpointing import ResumeFile
from spatial_mae.training.position import Interrupted
from spatial_mae.training.pretraining import PretrainingOutputs, PretrainingRun, pretrain
from spatial_mae.training.workplace import Workplace

PATCH = 4
LEAST_STEPS = 10  # of an epoch: decides the batch
TRIAL_EPOCHS = 4
TRIAL_SHARE = 0.5  # of the time left, at most
LEAST_EPOCHS = 2
LEAST_SECONDS = {"cuda": 25.0, "cpu": 2.0}
MARGIN = 0.85  # of the time that is left is planned
FEATURES_AT_ONCE = 1000
PENALTIES, HELD_OUT, ITERATIONS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1), 0.1, 300
RUN, PROBES = "the run", "linear probe of the mean patch token"


@dataclass(frozen=True)
class Costs:
    """Seconds: of a start, of an epoch, of a probe."""

    start: float
    epoch: float
    probe: float


def run(context: Context, part: Part) -> str | None:
    if context.data is None:
        part.note("no real run: no images were given (--data FILE.npz, docs/gpu.md)")
        return "left out"
    if context.left < LEAST_SECONDS[context.device.type]:
        part.note(f"no real run: {max(0.0, context.left):.0f} s are left, which is too little")
        return "left out"
    context = replace(context, data=context.data.few(context.scale.images))
    pins = {PINS: f"mode={context.mode}"} if context.mode else {}
    with mock.patch.dict(os.environ, pins):
        return _run(context, part, written(context.data, context.scratch / "images"))


def _run(context: Context, part: Part, dataset: Dataset) -> str | None:
    costs = measured(context, dataset)
    epochs = planned_epochs(costs, context.left, context.scale.epochs)
    if epochs < LEAST_EPOCHS:
        part.note(f"no real run: {context.left:.0f} s are left, no time for {LEAST_EPOCHS} epochs")
        return "left out"
    done = Run(context, dataset, "run", epochs)
    reserve = costs.probe * (len(log_spaced(epochs)) + 1)
    status = done.train(context.left - reserve)
    _keep(context, part, done, status)
    for epoch in (done.epochs_kept[-1], *done.epochs_kept[:-1]):
        part.add(PROBES, {"epoch": epoch} | done.loss_at(epoch) | done.probe(context, epoch))
    return None if status == "completed" else status


class Run:
    """One pretraining of the images by the paper's recipe, but for its length and batch."""

    def __init__(self, context: Context, dataset: Dataset, name: str, epochs: int) -> None:
        n = dataset.manifest["n_train"]
        self.folder, self.device = context.scratch / name, context.device
        self.batch_size = batch_for(n, context.scale.batch)
        self.recipe = recipe(
            epochs=epochs,
            warmup_epochs=epochs / 40,  # the paper's share
            batch_size=self.batch_size,
            checkpoints=tuple(log_spaced(epochs)),
            precision="bfloat16",
        )
        self.sizes = context.architecture(PATCH)
        self.run = PretrainingRun(dataset, self.sizes, MASK_RATIO, self.recipe, 0)
        self.outputs = PretrainingOutputs(
            self.folder / "weights.safetensors",
            self.folder / "history.csv",
            self.folder / "checkpoints",
        )
        self.data = context.data
        self.history: list[Row] = []

    def train(self, seconds: float) -> str:
        """Train to the end, or save and stop after so many seconds; return which of the two."""
        place = Workplace(self.folder / "state", torch.get_num_threads(), 1)
        with told_to_stop_after(seconds):
            try:
                status = pretrain(self.run, place, self.outputs)["status"]
            except Interrupted:
                self.history = self._history_so_far()
                return "stopped: planned for too many epochs"
        self.history = read_rows(self.outputs.history)
        return status

    def _history_so_far(self) -> list[Row]:
        """Of a run that was stopped: its state has the rows, which are written at its end."""
        path = ResumeFile(self.folder / "state", {}).path
        state = torch.load(path, map_location="cpu", weights_only=True)["state"]
        return state["position"]["history"]

    @property
    def checkpoints(self) -> dict[int, Path]:
        """Weights by epoch, also of a run that was stopped."""
        folders = (self.folder / "state", self.outputs.checkpoints)
        paths = [path for folder in folders for path in folder.glob("epoch-*.safetensors")]
        return {int(path.stem.partition("-")[2]): path for path in paths}

    @property
    def epochs_kept(self) -> list[int]:
        return sorted(self.checkpoints)

    def loss_at(self, epoch: int) -> Row:
        rows = [row for row in self.history if row["epoch"] == epoch]
        return {"training loss": rows[0]["loss"] if rows else ""}

    def probe(self, context: Context, epoch: int) -> Row:
        """Test accuracy of our linear probe on the checkpoint of an epoch."""
        start = time.perf_counter()
        encoder, _ = load_encoder(self.checkpoints[epoch], str(self.device))
        freeze(encoder)
        labelled = [self._features(encoder, split) for split in SPLITS]
        rng = np.random.default_rng(0)
        found = linear_probe(*labelled, PENALTIES, HELD_OUT, ITERATIONS, rng)
        return {
            "test accuracy": found.accuracy,
            "penalty": found.penalty,
            "converged": "yes" if found.converged else "no",
            "seconds": time.perf_counter() - start,
        }

    def _features(self, encoder: torch.nn.Module, split: str) -> Labelled:
        images = torch.from_numpy(self.data.images[split]).permute(0, 3, 1, 2)
        found = features(encoder, images, ("mean",), FEATURES_AT_ONCE)[("mean", None)]
        return Labelled(found, torch.from_numpy(self.data.labels[split]).to(self.device))


def written(data: Images, folder: Path) -> Dataset:
    """The images as a data set on disk, as the training reads them."""
    n_classes = 1 + max(int(labels.max()) for labels in data.labels.values())
    prepared = Prepared(
        splits={split: [Batch(data.images[split], data.labels[split])] for split in SPLITS},
        shape=data.images["train"].shape[1:],
        pixels="as given",
        licence="as given",
        classes=[str(number) for number in range(n_classes)],
    )
    write_dataset(folder / "manifest.json", "images", "array_file", prepared, {})
    return open_dataset(folder / "manifest.json")


def measured(context: Context, dataset: Dataset) -> Costs:
    """What a run costs here, from a short one: its first epoch is part of the start.

    One before it compiles what the others then find compiled.
    """
    Run(context, dataset, "compiling", 1).train(TRIAL_SHARE * context.left)
    trial = Run(context, dataset, "trial", TRIAL_EPOCHS)
    start = time.perf_counter()
    trial.train(TRIAL_SHARE * context.left)
    whole = time.perf_counter() - start
    if len(trial.history) < TRIAL_EPOCHS:
        return Costs(math.inf, math.inf, math.inf)
    seconds = [row["seconds"] for row in trial.history]
    epoch = (seconds[-1] - seconds[0]) / (len(seconds) - 1)
    probe = trial.probe(context, TRIAL_EPOCHS)["seconds"]
    return Costs(whole - epoch * (len(seconds) - 1), epoch, probe)


def planned_epochs(costs: Costs, left: float, most: int) -> int:
    """As many epochs as end in time, with the start and the probes, which grow with them."""

    def needed(epochs: int) -> float:
        probes = len(log_spaced(epochs)) + 1
        return costs.start + epochs * costs.epoch + probes * costs.probe

    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if needed(middle) <= MARGIN * left else (low, middle - 1)
    return low


def log_spaced(epochs: int) -> list[int]:
    """1, 3, 10, 30, ... and the last."""
    steps = (base * 10**power for power in range(5) for base in (1, 3))
    return sorted({epochs, *(step for step in steps if step <= epochs)})


def batch_for(n_images: int, most: int) -> int:
    """The largest power of two, up to `most`, of which an epoch has ten."""
    size = most
    while size > 1 and n_images // size < LEAST_STEPS:
        size //= 2
    return size


@contextlib.contextmanager
def told_to_stop_after(seconds: float) -> Iterator[None]:
    """The signal by which a batch system warns of its time limit: the training saves and stops.

    It is repeated, since one that comes before the training listens is lost.
    """
    former = signal.signal(signal.SIGUSR1, lambda *_: None)
    finished = threading.Event()

    def warn() -> None:
        wait = max(seconds, 0.1)
        while not finished.wait(wait):
            os.kill(os.getpid(), signal.SIGUSR1)
            wait = 1.0

    warner = threading.Thread(target=warn, daemon=True)
    warner.start()
    try:
        yield
    finally:
        finished.set()
        warner.join()
        signal.signal(signal.SIGUSR1, former)


def _keep(context: Context, part: Part, done: Run, status: str) -> None:
    """Write weights and history into the results, and what they are into the report."""
    last = done.epochs_kept[-1]
    path = done.checkpoints[last]
    metadata = read_metadata(path)
    if done.history:
        write_rows(context.out / "history.csv", done.history)
    names = halves(context.out, path)
    part.add(
        RUN,
        {
            "epochs": f"{last} of {done.recipe.epochs}",
            "images": metadata["n_train"],
            "batch": done.batch_size,
            "mode": context.mode or "measured at the start",
            "seconds": metadata["seconds"],
            "images/s": metadata["images_per_second"],
            "peak memory, GiB": metadata["peak_memory_bytes"] / 2**30,
            "status": status,
        },
    )
    part.note(f"weights after epoch {last} in float16: {' and '.join(names)}")


def halves(folder: Path, weights: Path) -> list[str]:
    """Write encoder and decoder in float16 to a file each; return their names."""
    model, metadata = load_mae(weights)
    names = []
    for name in ("encoder", "decoder"):
        state = {
            key: value if "pixel_" in key else value.half()
            for key, value in model.state_dict().items()
            if key.startswith(f"{name}.")
        }
        names.append(f"{name}.safetensors")
        save_weights(folder / names[-1], state, metadata)
    return names
