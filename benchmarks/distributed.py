"""One pretraining run shared by two processes: images per second compared with one process.

Complete runs of the training loop, each in a new process, on random images, in float32, with the
same effective batch. Speed is that of the second epoch. The time besides training is for loading
and saving and, with two processes, for starting them and their imports. Peak memory is the growth
of one process, the larger of the two.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from benchmarks.synthetic import random_images
from benchmarks.timing import median
from spatial_mae.data.store import Batch, Dataset, Prepared, open_dataset, write_dataset
from spatial_mae.files import read_rows
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.training.pretraining import PretrainingOutputs, PretrainingRun, pretrain
from spatial_mae.training.recipe import PretrainingRecipe
from spatial_mae.training.workplace import Workplace

SIDE = 32
CONTENDERS = {
    "1 process, 1 thread": (1, 1),
    "2 processes, 1 thread each": (2, 2),
    "1 process, 2 threads": (1, 2),
}
FIRST = next(iter(CONTENDERS))
EPOCHS = 2
# width, heads, layers, images per step, images in all
SMALL = (96, 3, (4, 1), 128, 1024)
LARGE = (192, 12, (12, 4), 64, 192)


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    rounds = 1 if quick else 3
    sizes = [(48, 3, (2, 1), 64, 256)] if quick else [SMALL, LARGE]
    return [_race(*size, rounds) for size in sizes]


def _race(
    width: int, heads: int, depths: tuple[int, int], batch: int, n: int, rounds: int
) -> tuple[str, list[dict]]:
    backbone = Backbone(width, heads, width, heads, 4.0, True)
    architecture = Architecture(SIDE, SIDE, 3, 4, 1, *depths, backbone)
    results: dict[str, list[dict]] = {name: [] for name in CONTENDERS}
    with tempfile.TemporaryDirectory() as folder:
        run = PretrainingRun(_dataset(Path(folder), n), architecture, 0.75, _recipe(batch), 0)
        for number in range(rounds):
            for name, (processes, threads) in CONTENDERS.items():
                place = Path(folder) / f"{number}-{processes}-{threads}"
                results[name].append(_alone(_measure, run, place, processes, threads))
    layers = f"{depths[0]} + {depths[1]} layers of width {width}"
    title = f"{layers}, patch size 4, {batch} images per step, median of {rounds}"
    return title, [_row(name, results) for name in CONTENDERS]


def _alone(function: Callable, *arguments: object) -> dict:
    """Call `function` in a fresh interpreter: memory that was used before hides growth."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def _measure(run: PretrainingRun, folder: Path, processes: int, threads: int) -> dict:
    outputs = PretrainingOutputs(folder / "w.safetensors", folder / "h.csv", folder / "checkpoints")
    start = time.perf_counter()
    metadata = pretrain(run, Workplace(folder / "state", threads, 1, processes=processes), outputs)
    seconds = time.perf_counter() - start
    last = read_rows(outputs.history)[-1]
    return last | {"besides": seconds - metadata["seconds"]}


def _row(name: str, results: dict[str, Sequence[dict]]) -> dict:
    """The ratio is the median of those within a round."""
    speeds, first = ([r["images_per_second"] for r in results[key]] for key in (name, FIRST))
    return {
        "contender": name,
        "images/s": median(speeds),
        "ratio": median([a / b for a, b in zip(speeds, first, strict=True)]),
        "peak memory of a process, MB": median([r["peak_memory_bytes"] for r in results[name]])
        / 1e6,
        "s besides training": median([r["besides"] for r in results[name]]),
        "loss": results[name][-1]["loss"],
    }


def _dataset(folder: Path, n: int) -> Dataset:
    images = random_images(n, SIDE, 3)
    splits = {"train": [Batch(images)], "test": [Batch(images[:8])]}
    prepared = Prepared(splits, images.shape[1:], "drawn", "none")
    write_dataset(folder / "manifest.json", "random", "benchmark", prepared, {})
    return open_dataset(folder / "manifest.json")


def _recipe(batch: int) -> PretrainingRecipe:
    return PretrainingRecipe(
        epochs=EPOCHS,
        warmup_epochs=1,
        batch_size=batch,
        micro_batch=None,
        base_learning_rate=1e-3,
        weight_decay=0.05,
        betas=(0.9, 0.95),
        crop_scale=(0.2, 1.0),
        flip=True,
        sampling="exact",
        loss_on="hidden",
        boundary_width=0,
        normalise_targets=False,
        n_train=None,
        checkpoints=(),
        precision="float32",
        clip_norm=None,
        ema_decay=None,
        compile="never",
    )
