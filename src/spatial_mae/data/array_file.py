"""Images that are arrays already: an .npz file with train_images, test_images and maybe labels.

train_images, test_images   uint8 (n, height, width, channels) or (n, height, width)
train_labels, test_labels   integers (n,), one for each image; optional, both or none
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from spatial_mae.data.archives import DAMAGED
from spatial_mae.data.source import Source
from spatial_mae.data.store import Batch, Prepared

ROWS = 1024  # images per batch


@dataclass(frozen=True)
class ArrayFile:
    """An npz file with uint8 train_images, test_images and, if there are classes, labels."""

    classes: tuple[str, ...] | None
    """Names in the order of the labels; null numbers them."""
    pixels: str
    """What happened to the pixels (`lossless`, `JPEG 4:2:0`, ...); under every figure. An edit
    prepares the data again."""
    licence: str
    """Terms under which the images are used; in the report. An edit prepares the data again."""
    channels: Literal[1, 3] = 3
    """Of the arrays; networks are planned by it."""


SOURCE = Source(ArrayFile, draws=False, root="needed")


def prepare(
    recipe: ArrayFile, root: Path | None, archive: Path | None, rng: np.random.Generator
) -> Prepared:
    """The arrays of the file `root`, in their order.

    Raises FileNotFoundError without the file; ValueError if it is no .npz, holds pickled
    objects, or its arrays do not have the types and shapes above.
    """
    if root is None or not root.is_file():
        raise FileNotFoundError(f"array_file: no file {root}; set `root:` to the .npz file")
    arrays = _read(root)
    images = {split: _images(arrays, split, root) for split in ("train", "test")}
    labels = {split: arrays.get(f"{split}_labels") for split in images}
    if images["train"].shape[1:] != images["test"].shape[1:]:
        shapes = " and ".join(str(array.shape[1:]) for array in images.values())
        raise ValueError(f"{root}: train and test images differ in shape: {shapes}")
    _check_labels(images, labels, root)
    return Prepared(
        splits={split: _batches(images[split], labels[split]) for split in images},
        shape=images["train"].shape[1:],
        pixels=recipe.pixels,
        licence=recipe.licence,
        classes=_classes(recipe, labels, root),
    )


def _read(path: Path) -> Mapping[str, np.ndarray]:
    with path.open("rb") as start:
        is_archive = start.read(2) == b"PK"
    if not is_archive:
        raise ValueError(
            f"{path} is no .npz file; name a folder of image files, or write arrays with "
            "np.savez(path, train_images=..., test_images=...)"
        )
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (*DAMAGED, ValueError, AttributeError) as error:
        raise ValueError(f"{path} cannot be read as plain .npz arrays: {error}") from error


def _images(arrays: Mapping[str, np.ndarray], split: str, path: Path) -> np.ndarray:
    name = f"{split}_images"
    if name not in arrays:
        raise ValueError(f"{path} lacks {name}; it holds {', '.join(arrays)}")
    images = arrays[name]
    images = images[..., None] if images.ndim == 3 else images
    if images.dtype != np.uint8 or images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise ValueError(
            f"{path}: {name} is {images.dtype} {images.shape}; expected uint8 (n, h, w, 1 or 3): "
            "numbers from 0 to 1 become (255 * x).round().astype('uint8'), channels in front go "
            "last by x.transpose(0, 2, 3, 1)"
        )
    return images


def _check_labels(images: Mapping, labels: Mapping, path: Path) -> None:
    """Raise ValueError unless each image has one label, where there are labels."""
    for split, found in labels.items():
        n = len(images[split])
        if found is not None and found.shape != (n,):
            raise ValueError(
                f"{path}: {split}_labels is {found.shape} for {n} {split}_images; expected ({n},): "
                "one label for each image, in the same order"
            )


def _classes(recipe: ArrayFile, labels: Mapping, path: Path) -> tuple[str, ...] | None:
    given = [array for array in labels.values() if array is not None]
    if not given:
        return None
    if len(given) < len(labels) or any(array.dtype.kind not in "iu" for array in given):
        raise ValueError(f"{path}: labels must be integers, for both train and test or for none")
    n_classes = 1 + max(int(array.max(initial=0)) for array in given)
    if recipe.classes is not None and len(recipe.classes) < n_classes:
        raise ValueError(f"{path}: labels up to {n_classes - 1}, but {len(recipe.classes)} classes")
    return recipe.classes or tuple(str(label) for label in range(n_classes))


def _batches(images: np.ndarray, labels: np.ndarray | None) -> Iterator[Batch]:
    for start in range(0, len(images), ROWS):
        rows = slice(start, start + ROWS)
        yield Batch(images[rows], None if labels is None else labels[rows])


def image_shape(path: Path) -> tuple[int, int, int, int]:
    """Number, height, width and channels of the training images of a file.

    Raises ValueError as `prepare`.
    """
    return _images(_read(path), "train", path).shape
