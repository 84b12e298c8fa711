"""Batches of images left in a memory-mapped file, against torch's DataLoader and JPEG folders.

Batches of images in random order, as training reads them: from a file in the system's cache,
and from the disk, where reading ahead matters.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from benchmarks.timing import median, peak_memory, race, ratio
from spatial_mae.training.mapped_images import MappedImages

SIDE, BATCH, WORKERS = 224, 128, 2
STEP_SECONDS = 0.06  # 2,100 images/s
JPEG_SIZE = 375, 500
FLOOR = "floor: the file's images copied to one place"
LOADER = f"DataLoader, memory-mapped, {WORKERS} workers"
JPEG = f"DataLoader, ImageFolder of JPEG, {WORKERS} workers"


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    n, n_jpeg, rounds = (256, 64, 1) if quick else (3_072, 384, 5)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = write_images(Path(folder) / "images.npy", n)
        write_jpegs(Path(folder) / "jpeg" / "class", n_jpeg)
        what = f"batches of {BATCH}, {SIDE} x {SIDE}"
        return [
            (f"reading alone, {what}", _reading(path, Path(folder) / "jpeg", n, n_jpeg, rounds)),
            (
                f"from the disk, {what}, each followed by a step of {STEP_SECONDS} s",
                _from_disk(path, n, rounds),
            ),
            (f"peak memory, {n} images", _memory(path)),
        ]


def write_images(path: Path, n: int) -> Path:
    array = np.lib.format.open_memmap(path, "w+", np.uint8, (n, SIDE, SIDE, 3))
    rng = np.random.default_rng(0)
    for image in array:
        image[:] = rng.integers(0, 256, image.shape, dtype=np.uint8)
    array.flush()
    return path


def write_jpegs(folder: Path, n: int) -> None:
    """Photograph-like files of ImageNet's usual size and about 80 kB."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize(JPEG_SIZE[::-1], Image.Resampling.BICUBIC))
    grain = rng.integers(-12, 13, smooth.shape)
    pixels = (smooth + grain).clip(0, 255).astype(np.uint8)
    for i in range(n):
        Image.fromarray(np.roll(pixels, i, axis=1)).save(folder / f"{i}.jpg", quality=90)


class MappedFile(Dataset):
    """The usual way: one image an item, put in order of channels, collated by the loader."""

    def __init__(self, path: Path) -> None:
        self.images = np.load(path, mmap_mode="r")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.from_numpy(self.images[index].transpose(2, 0, 1).copy())


def mapped(path: Path, ahead: bool) -> Iterable[torch.Tensor]:
    array = np.load(path, mmap_mode="r")
    images = MappedImages(array, np.arange(len(array)), "cpu")
    batches = torch.randperm(len(images)).split(BATCH)
    if ahead:
        images.will_read(batches)
    return (images[batch] for batch in batches)


def loader(data: Dataset, persistent: bool = True) -> DataLoader:
    options = {"num_workers": WORKERS, "persistent_workers": persistent, "shuffle": True}
    return DataLoader(data, BATCH, **options)


def jpegs(folder: Path) -> DataLoader:
    from torchvision import datasets, transforms

    steps = [transforms.Resize(SIDE), transforms.CenterCrop(SIDE), transforms.PILToTensor()]
    return loader(datasets.ImageFolder(folder, transforms.Compose(steps)))


def _reading(path: Path, folder: Path, n: int, n_jpeg: int, rounds: int) -> list[dict]:
    array = np.load(path, mmap_mode="r")
    place = np.empty((BATCH, *array.shape[1:]), np.uint8)
    order = np.random.default_rng(0).permutation(n).reshape(-1, BATCH)
    loaders = {LOADER: loader(MappedFile(path)), JPEG: jpegs(folder)}
    contenders = {
        LOADER: lambda: use(loaders[LOADER]),
        JPEG: lambda: use(loaders[JPEG]),
        "ours": lambda: use(mapped(path, False)),
        "ours, read ahead": lambda: use(mapped(path, True)),
        FLOOR: lambda: [np.take(array, rows, axis=0, out=place, mode="clip") for rows in order],
    }
    counts = {name: n_jpeg if name == JPEG else n for name in contenders}
    return _rows(contenders, counts, rounds)


def _from_disk(path: Path, n: int, rounds: int) -> list[dict]:
    """A wait stands in for the step of a GPU, during which the processor has nothing to do."""

    def work() -> None:
        time.sleep(STEP_SECONDS)

    def used(batches: Callable[[], Iterable[torch.Tensor]]) -> Callable[[], None]:
        return lambda: (evict(path), use(batches(), work))

    contenders = {
        LOADER: used(lambda: loader(MappedFile(path), persistent=False)),
        "ours": used(lambda: mapped(path, False)),
        "ours, read ahead": used(lambda: mapped(path, True)),
        "floor: the steps alone": lambda: [work() for _ in range(n // BATCH)],
    }
    return _rows(contenders, dict.fromkeys(contenders, n), rounds)


def evict(path: Path) -> None:
    """Let the system forget the file's pages, but for those that a process has mapped."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def use(batches: Iterable[torch.Tensor], work: Callable[[], None] = lambda: None) -> None:
    for _ in batches:
        work()


def _rows(
    contenders: dict[str, Callable[[], object]], counts: dict[str, int], rounds: int
) -> list[dict]:
    for contender in contenders.values():  # starts workers, fills the system's cache
        contender()
    found = race(contenders, rounds)
    seconds = {name: [s / counts[name] for s in values] for name, values in found.items()}
    return [
        {
            "contender": name,
            "images/s": 1 / median(seconds[name]),
            "ratio": ratio(seconds, LOADER, name),
        }
        for name in contenders
    ]


def _memory(path: Path) -> list[dict]:
    """Of the main process: the DataLoader's workers, which map the file too, are left out."""
    baseline = f"""
import numpy as np, torch
from benchmarks.mapped_images import MappedFile, loader, mapped, use
path = {str(path)!r}
"""
    codes = {
        "in memory": "torch.from_numpy(np.load(path)).permute(0, 3, 1, 2).contiguous()",
        LOADER: "use(loader(MappedFile(path)))",
        "ours": "use(mapped(path, False))",
        "ours, read ahead": "use(mapped(path, True))",
    }
    rows = [
        {"contender": name, "MB over the imports": peak_memory(code, baseline) / 1e6}
        for name, code in codes.items()
    ]
    batch = BATCH * SIDE * SIDE * 3 / 1e6
    return [*rows, {"contender": "(one batch)", "MB over the imports": batch}]
