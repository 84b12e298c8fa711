"""ImageNet at 64 x 64 (Chrabaszcz et al. 2017), the official batches: 1000 classes.

    train_data_batch_1 .. train_data_batch_10, val_data      pickles
    train_data_batch_1.npz .. val_data.npz                   or arrays

Each holds `data` uint8 (n, 12288), one colour plane after the other, and `labels` 1..1000. Arrays
are read row by row; a pickle is loaded whole (1.6 GB for an official batch), without running code.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

from spatial_mae.data.archives import DAMAGED, find
from spatial_mae.data.listing import children, natural_key
from spatial_mae.data.pickles import planar_images, read_batch
from spatial_mae.data.shrinking import shrink_images
from spatial_mae.data.source import Source
from spatial_mae.data.store import Batch, Prepared
from spatial_mae.study.keys import Length, Range
from spatial_mae.study.recipes import Checked

SIDE = 64
Side = Annotated[int, Range(least=1, most=SIDE)]
N_CLASSES = 1000
ROWS = 1024  # images per batch
ADVICE = (
    "it needs an account: sign in at https://image-net.org/download-images, get 'Downsampled "
    "image data', 64x64, train and val, unpack them into one folder and name it as `root:`"
)


@dataclass(frozen=True)
class Imagenet64(Checked):
    """Downsampled ImageNet, official 64 x 64 batches."""

    size: Annotated[tuple[Side, ...], Length(2, 2)] = (SIDE, SIDE)
    """Height and width in pixels, at most [64, 64]; smaller images are area means."""


SOURCE = Source(
    Imagenet64,
    draws=False,
    root="needed",
    public=True,
    layout=("train_data_batch_1*", "val_data*"),
    images=(1_281_167, 50_000),
    advice="get the 64x64 batches from image-net.org/download-images (free account)",
)
READS = ("train_data_batch_*", "val_data*")


def prepare(
    recipe: Imagenet64, root: Path | None, archive: Path | None, rng: np.random.Generator
) -> Prepared:
    """The training batches that are there, and the validation images as test images.

    Raises FileNotFoundError if there is no training or no validation batch, ValueError if one is
    damaged or the size is impossible.
    """
    train, test = _files(root)
    missing = 10 - len(train)
    return Prepared(
        splits={"train": _batches(recipe, train), "test": _batches(recipe, test)},
        shape=(*recipe.size, 3),
        pixels=_pixels(recipe),
        licence="ImageNet terms of access: non-commercial research and education",
        classes=[str(label) for label in range(1, N_CLASSES + 1)],
        warnings=[f"{missing} of the 10 training batches are absent"] if missing > 0 else [],
    )


def _pixels(recipe: Imagenet64) -> str:
    source = "photographs (JPEG) shrunk to 64 x 64 by their publishers"
    if recipe.size == (SIDE, SIDE):
        return source
    return f"{source}, then to {recipe.size[0]} x {recipe.size[1]} by area"


def _files(root: Path | None) -> tuple[list[Path], list[Path]]:
    """Training and validation files; of a batch that is there twice, the array is taken."""
    first = find(root, "val_data.npz", "val_data")
    if first is None:
        where = f"{root} holds no val_data" if root else "no folder is named"
        raise FileNotFoundError(f"imagenet64: {where}; {ADVICE}")
    named = {path.stem: path for path in sorted(children(first.parent, "train_data_batch_*"))}
    if not named:
        raise FileNotFoundError(f"imagenet64: no train_data_batch_* in {first.parent}; {ADVICE}")
    return sorted(named.values(), key=natural_key), [first]


def _batches(recipe: Imagenet64, files: list[Path]) -> Iterator[Batch]:
    for file in files:
        rows = _array_rows(file) if file.suffix == ".npz" else _pickle_rows(file)
        for data, labels in rows:
            images = planar_images(data, SIDE, file.name)
            yield Batch(shrink_images(images, recipe.size), np.asarray(labels, np.int64) - 1)


def _pickle_rows(file: Path) -> Iterator[tuple[object, np.ndarray]]:
    with file.open("rb") as handle:
        values = read_batch(handle, file.name)
    data, labels = values.get("data"), np.asarray(values.get("labels"))
    planar_images(data, SIDE, file.name)
    _check_labels(labels, len(data), file)
    for start in range(0, len(data), ROWS):
        yield data[start : start + ROWS], labels[start : start + ROWS]


def _array_rows(file: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of `data` straight from the archive, never all of them in memory."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            labels = arrays["labels"]
        with zipfile.ZipFile(file) as archive, archive.open("data.npy") as stream:
            n, row = _read_header(stream, file)
            _check_labels(labels, n, file)
            for start in range(0, n, ROWS):
                count = min(ROWS, n - start)
                data = np.frombuffer(_exactly(stream, count * row), np.uint8)
                yield data.reshape(count, row), labels[start : start + count]
    except (*DAMAGED, AttributeError, KeyError, ValueError) as error:
        raise ValueError(f"{file} cannot be read: {error}; use an official copy") from error


def _read_header(stream, file: Path) -> tuple[int, int]:
    version = np.lib.format.read_magic(stream)
    reader = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
    shape, fortran_order, dtype = reader(stream)
    if len(shape) != 2 or shape[1] != 3 * SIDE * SIDE or fortran_order or dtype != np.uint8:
        raise ValueError(f"data is {dtype} {shape}, expected uint8 (n, {3 * SIDE * SIDE})")
    return shape


def _exactly(stream, n_bytes: int) -> bytes:
    content = stream.read(n_bytes)
    if len(content) != n_bytes:
        raise EOFError("the file ends too early")
    return content


def _check_labels(labels: np.ndarray, n: int, file: Path) -> None:
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise ValueError(f"{file}: {labels.dtype} labels {labels.shape} for {n} images")
    if n and (labels.min() < 1 or labels.max() > N_CLASSES):
        raise ValueError(f"{file}: labels {labels.min()}..{labels.max()}, expected 1..{N_CLASSES}")
