"""Images of the real run as one .npz file: read and checked, or packed from a data set."""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatial_mae.data.listing import SUFFIXES
from spatial_mae.data.store import Prepared, open_dataset

IMAGE_SHAPE = (32, 32, 3)
SPLITS = ("train", "test")
MEGABYTES = 58  # what the images of a packed file may take
UNREADABLE = (ValueError, OSError, EOFError, AttributeError, RuntimeError, zipfile.BadZipFile)
SAMPLE = 500  # images from which the size of all is foreseen


@dataclass(frozen=True)
class Images:
    """Images uint8 (n, 32, 32, 3) and labels int64 (n,) of "train" and "test"."""

    images: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]

    def few(self, most: int | None) -> "Images":
        """At most so many of each split (None: all), from all over it."""
        if most is None:
            return self
        kept = {
            split: np.linspace(0, len(part) - 1, min(most, len(part))).astype(int)
            for split, part in self.labels.items()
        }
        return Images(
            {split: self.images[split][rows] for split, rows in kept.items()},
            {split: self.labels[split][rows] for split, rows in kept.items()},
        )


def read(path: Path) -> Images:
    """The images of an .npz file.

    Raises ValueError, naming the file: missing, no .npz, an array missing, or of another shape or
    type than images uint8 (n, 32, 32, 3) and labels, whole numbers (n,).
    """
    arrays = _load(path)
    for split in SPLITS:
        for part in ("images", "labels"):
            _check(path, f"{split}_{part}", arrays, len(arrays.get(f"{split}_images", ())))
    return Images(
        {split: arrays[f"{split}_images"] for split in SPLITS},
        {split: arrays[f"{split}_labels"].astype(np.int64) for split in SPLITS},
    )


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError as error:
        raise ValueError(f"{path}: no such file; make one with --pack (docs/gpu.md)") from error
    except UNREADABLE as error:
        raise ValueError(f"{path}: no readable .npz file ({error})") from error


def _check(path: Path, name: str, arrays: Mapping[str, np.ndarray], n: int) -> None:
    """Raise ValueError unless the array is there, and what is expected of it."""
    is_image = name.endswith("images")
    expected = "uint8 (n, 32, 32, 3)" if is_image else f"whole numbers from 0 on ({n},)"
    if name not in arrays:
        names = ", ".join(sorted(arrays)) or "nothing"
        raise ValueError(f"{path}: no array {name}, expected {expected}; the file holds {names}")
    array = arrays[name]
    if is_image:
        fits = array.dtype == np.uint8 and array.shape[1:] == IMAGE_SHAPE and len(array) > 0
    else:
        fits = array.dtype.kind in "iu" and array.shape == (n,) and array.min() >= 0
    if not fits:
        raise ValueError(f"{path}: {name} is {array.dtype} {array.shape}, expected {expected}")


def pack(source: Path, target: Path, megabytes: float = MEGABYTES) -> str:
    """Pack a data set into `target`, no more than `megabytes`; return what was packed, in words.

    source: a manifest.json, the folder it is in, another .npz, CIFAR-10 as published (archive, or a
    folder that it is in), or images in a folder for each class. Where not all training images fit,
    some at random are taken; a sixth of the room is the test images'. Raises ValueError or
    FileNotFoundError if there are none, or they have no labels.
    """
    found = _of_source(source)
    taken, words = {}, []
    shares = {"train": 5 / 6, "test": 1 / 6}
    for split in SPLITS:
        images, labels = found[split]
        order = np.random.default_rng(0).permutation(len(images))
        room = shares[split] * megabytes * 1e6
        each = _packed_bytes(images[np.sort(order[:SAMPLE])]) / min(SAMPLE, len(images))
        kept = np.sort(order[: int(room / each)])
        taken |= {f"{split}_images": images[kept], f"{split}_labels": labels[kept]}
        words.append(f"{len(kept)} of {len(images)} {split} images")
    _write(target, taken)
    read(target)
    return f"{target}: {' and '.join(words)}, {target.stat().st_size / 1e6:.1f} MB"


def _of_source(source: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images and labels of each split of a manifest or of a folder."""
    manifest = source / "manifest.json" if source.is_dir() else source
    if manifest.suffix == ".json" and manifest.is_file():
        dataset = open_dataset(manifest)
        return {split: (dataset.images(split), dataset.labels(split)) for split in SPLITS}
    if source.suffix == ".npz":
        given = read(source)
        return {split: (given.images[split], given.labels[split]) for split in SPLITS}
    if any(path.suffix.lower() in SUFFIXES for path in source.rglob("*")):
        return _of_folder(source)
    return _of_cifar(source)


def _of_folder(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images in a folder for each class, shrunk or enlarged to the size that is wanted."""
    from spatial_mae.data.image_folder import ImageFolder, prepare

    recipe = ImageFolder(size=IMAGE_SHAPE[:2], fit="resize", pixels="as given", licence="as given")
    prepared = prepare(recipe, folder, None, np.random.default_rng(0))
    if prepared.classes is None:
        raise ValueError(f"{folder}: its images have no classes, which a linear probe needs")
    return _joined(prepared)


def _of_cifar(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    from spatial_mae.data.cifar10 import Cifar10, prepare

    is_copy = not folder.is_dir() or (folder / "data_batch_1").is_file()
    root, archive = (None, folder) if is_copy else (folder, None)
    return _joined(prepare(Cifar10(), root, archive, np.random.default_rng(0)))


def _joined(prepared: Prepared) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found = {}
    for split in SPLITS:
        batches = list(prepared.splits[split])
        images = np.concatenate([batch.images for batch in batches])
        found[split] = images, np.concatenate([batch.labels for batch in batches])
    return found


def _packed_bytes(images: np.ndarray) -> int:
    buffer = io.BytesIO()
    _write_zip(buffer, {"sample": images})
    return buffer.getbuffer().nbytes


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    from spatial_mae.files import atomic_path

    with atomic_path(path) as temporary, temporary.open("wb") as file:
        _write_zip(file, arrays)


def _write_zip(file: io.IOBase, arrays: Mapping[str, np.ndarray]) -> None:
    """As numpy.savez_compressed, but LZMA: images take a sixth less. numpy.load reads it."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)
