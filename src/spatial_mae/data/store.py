"""A data set on disk: uint8 arrays, memory-mapped, described by a manifest.

    manifest.json                 counts, shapes, classes, sha256, source, licence, what was done
    {train,test}.npy              uint8 (n, height, width, channels)
    {train,test}_labels.npy       int64 (n,), where the source has classes
    {train,test}_depth.npy        float32 (n, height, width), NaN where unknown, where it has depth
    {train,test}_latents.npy      float32 (n, coordinates), where they are known

The manifest is written last and removed first: arrays without one are no data set.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from spatial_mae.data.cautions import class_warnings, dark_warnings, singular_warnings
from spatial_mae.data.labels import CLASS, check_factors, of_classes
from spatial_mae.data.npy import NpyWriter, unfinished
from spatial_mae.data.writing import Progress, check_room
from spatial_mae.files import read_json, remove, sha256, write_json

SPLITS = ("train", "test")
PARTS = {
    "images": ("", np.uint8),
    "labels": ("_labels", np.int64),
    "depth": ("_depth", np.float32),
    "latents": ("_latents", np.float32),
}


@dataclass(frozen=True)
class Batch:
    """Some images of one split.

    images: uint8 (n, height, width, channels); labels: integers (n,) or None;
    depth: float32 (n, height, width), NaN where unknown, or None;
    latents: (n, coordinates) or None.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    depth: np.ndarray | None = None
    latents: np.ndarray | None = None


@dataclass(frozen=True)
class Prepared:
    """What a source hands to the writer.

    splits: for "train" and "test", the batches in order, made while they are written.
    shape: (height, width, channels). pixels: what happened to the pixels before they came here.
    `unreadable` and `warnings` are read after the last batch: a source may add to them until then.
    n_expected: how many images each split will have at most, where that is known beforehand.
    latents: the variable that each coordinate of the latents belongs to, where they are known.
    layout: how a folder of files was read, where there was a choice.
    factors: where a class is several things at once, the value of each of them in each class:
    {"texture": ("fine", "fine", "coarse", "coarse"), "layout": ("rows", "columns", ...)}.
    """

    splits: Mapping[str, Iterable[Batch]]
    shape: tuple[int, int, int]
    pixels: str
    licence: str
    classes: Sequence[str] | None = None
    depth_unit: str | None = None
    unreadable: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    n_expected: Mapping[str, int] = field(default_factory=dict)
    latents: Sequence[str] | None = None
    layout: Mapping | None = None
    factors: Mapping[str, Sequence[str]] | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set on disk; arrays are memory-mapped, read-only."""

    directory: Path
    manifest: dict

    def images(self, split: str) -> np.ndarray:
        """uint8 (n, height, width, channels) of `split`, "train" or "test"."""
        return self._array(split, "images")

    def labels(self, split: str, label: str = CLASS) -> np.ndarray:
        """int64 (n,): positions in `class_names` of the same label.

        Raises ValueError naming the labels there are, if `label` is none of them.
        """
        classes = self._array(split, "labels")
        return classes if label == CLASS else of_classes(self.manifest, label)[classes]

    def depth(self, split: str) -> np.ndarray:
        """float32 (n, height, width) in the manifest's depth_unit; NaN where unknown."""
        return self._array(split, "depth")

    def latents(self, split: str) -> np.ndarray:
        """float32 (n, coordinates): the latents behind the images, as the manifest names them."""
        return self._array(split, "latents")

    def rows(self, split: str) -> tuple[str, np.ndarray]:
        """The split whose files hold a split's images, and their rows there, int64 (n,)."""
        return split, np.arange(self.manifest[f"n_{split}"])

    def count(self, split: str) -> int:
        """How many images a split has."""
        return len(self.rows(split)[1])

    def _array(self, split: str, part: str) -> np.ndarray:
        if split not in SPLITS:
            raise ValueError(f"unknown split {split!r}; a data set has {' and '.join(SPLITS)}")
        name = _file_name(split, part)
        if name not in self.manifest["files"]:
            raise FileNotFoundError(
                f"data set {self.manifest['dataset']!r} has no {part}: its source "
                f"{self.manifest['source']!r} gives none; pick another data set for this stage"
            )
        return _open(self.directory / name, self.manifest["files"][name])


def open_dataset(manifest_path: str | Path) -> Dataset:
    """Open the data set that `manifest_path` (manifest.json) describes; the arrays are next to it.

    Raises FileNotFoundError if the manifest is missing, and later if an array is; ValueError if an
    array is not the one that the manifest describes.
    """
    path = Path(manifest_path)
    if not path.is_file():
        raise FileNotFoundError(f"no data set at {path}: prepare it first (rule prepare_dataset)")
    return Dataset(path.parent, read_json(path))


def write_dataset(
    manifest_path: str | Path, dataset: str, source: str, prepared: Prepared, recipe: dict
) -> dict:
    """Write the arrays, one batch in memory at a time, then the manifest, and return it.

    What an attempt that was killed left is removed: it is not continued. Raises OSError at once if
    the disk has no room for the images expected, ValueError if a split is empty or a batch does not
    have the shape promised; whatever the exception, no manifest and no array is left.
    """
    path = Path(manifest_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(path)
    check_factors(prepared.factors or {}, prepared.classes or ())
    check_room(path.parent, sum(prepared.n_expected.values()), prepared.shape)
    try:
        written = {s: _write_split(path.parent, s, prepared) for s in SPLITS}
        manifest = _manifest(path.parent, dataset, source, prepared, recipe, written)
        write_json(path, manifest)
    except BaseException:
        _remove(path)
        raise
    return manifest


@dataclass(frozen=True)
class _Written:
    """Of one split: how many images each class has (one entry: no classes), the largest pixel."""

    counts: np.ndarray
    brightest: int


def _write_split(directory: Path, split: str, prepared: Prepared) -> _Written:
    """Write one split's arrays."""
    brightest = 0
    counts = np.zeros(len(prepared.classes or ["all"]), dtype=np.int64)
    writers = {part: NpyWriter(directory / _file_name(split, part)) for part in _parts(prepared)}
    try:
        with Progress(split, prepared.n_expected.get(split)) as progress:
            for batch in prepared.splits[split]:
                for part, array in _checked(batch, prepared).items():
                    writers[part].append(array)
                labels = batch.labels if prepared.classes else np.zeros(len(batch.images), np.int64)
                counts += np.bincount(labels, minlength=len(counts))
                brightest = max(brightest, int(batch.images.max(initial=0)))
                progress.add(len(batch.images))
        if not counts.sum():
            raise ValueError(f"the {split} split has no images; check data.root and the recipe")
        for writer in writers.values():
            writer.finish()
    finally:
        for writer in writers.values():
            writer.discard()
    return _Written(counts, brightest)


def _parts(prepared: Prepared) -> list[str]:
    wanted = {"images": True, "labels": prepared.classes, "depth": prepared.depth_unit}
    wanted["latents"] = prepared.latents
    return [part for part, there in wanted.items() if there]


def _checked(batch: Batch, prepared: Prepared) -> dict[str, np.ndarray]:
    n, (height, width, _) = len(batch.images), prepared.shape
    shapes = {"images": (n, *prepared.shape), "labels": (n,), "depth": (n, height, width)}
    shapes["latents"] = (n, len(prepared.latents or ()))
    arrays = {part: np.asarray(getattr(batch, part)) for part in _parts(prepared)}
    for part, array in arrays.items():
        if array.shape != shapes[part]:
            raise ValueError(f"{part} of shape {array.shape}, expected {shapes[part]}")
    if batch.images.dtype != np.uint8:
        raise ValueError(f"images of type {batch.images.dtype}, expected uint8")
    if "labels" in arrays and n and not _in_range(arrays["labels"], len(prepared.classes)):
        raise ValueError(f"labels outside 0..{len(prepared.classes) - 1}: {arrays['labels'][:5]}")
    return {part: array.astype(PARTS[part][1], copy=False) for part, array in arrays.items()}


def _in_range(labels: np.ndarray, n_classes: int) -> bool:
    return bool(labels.min() >= 0 and labels.max() < n_classes)


def _manifest(
    directory: Path,
    dataset: str,
    source: str,
    prepared: Prepared,
    recipe: dict,
    written: Mapping[str, _Written],
) -> dict:
    height, width, channels = prepared.shape
    counts = {split: written[split].counts.tolist() for split in SPLITS}
    n_train, n_test = map(sum, counts.values())
    classes = list(prepared.classes) if prepared.classes else None
    warnings = [
        *class_warnings(classes, counts),
        *dark_warnings(max(one.brightest for one in written.values())),
        *singular_warnings(n_train, prepared.shape),
    ]
    return {
        "dataset": dataset,
        "source": source,
        "height": height,
        "width": width,
        "channels": channels,
        "n_train": n_train,
        "n_test": n_test,
        "classes": classes,
        "class_counts": counts if classes else None,
        "factors": {k: list(v) for k, v in prepared.factors.items()} if prepared.factors else None,
        "has_depth": prepared.depth_unit is not None,
        "depth_unit": prepared.depth_unit,
        "latents": list(prepared.latents) if prepared.latents else None,
        "pixels": prepared.pixels,
        "licence": prepared.licence,
        "unreadable": list(prepared.unreadable),
        "layout": prepared.layout,
        "warnings": [*prepared.warnings, *warnings],
        "files": {
            name: _describe(directory / name)
            for name in (_file_name(s, part) for s in SPLITS for part in _parts(prepared))
        },
        "recipe": recipe,
    }


def _describe(path: Path) -> dict:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    return {"sha256": sha256(path), "shape": list(array.shape), "dtype": str(array.dtype)}


def _open(path: Path, entry: Mapping) -> np.ndarray:
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: delete manifest.json and prepare the data again"
        )
    _check(path, entry["sha256"], path.stat().st_mtime_ns)
    return np.load(path, mmap_mode="r", allow_pickle=False)


@lru_cache(maxsize=64)
def _check(path: Path, digest: str, changed: int) -> None:
    """Once a process for each array, as long as its time of change stays the same."""
    if sha256(path) != digest:
        raise ValueError(
            f"{path} is not what was written there: its SHA-256 differs from manifest.json. "
            "It was damaged or edited: delete manifest.json and run snakemake again"
        )


def _file_name(split: str, part: str) -> str:
    return f"{split}{PARTS[part][0]}.npy"


def _remove(manifest_path: Path) -> None:
    remove(manifest_path)
    for name in (_file_name(split, part) for split in SPLITS for part in PARTS):
        path = manifest_path.parent / name
        path.unlink(missing_ok=True)
        for rest in unfinished(path):
            print(f"{rest}: left by an attempt that was killed, removed", file=sys.stderr)
            rest.unlink()
