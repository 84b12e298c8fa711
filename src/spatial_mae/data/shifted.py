"""Test images whose distribution has shifted, as their authors publish them: CIFAR-10-C and 10.1.

No training images belong to them: they are read in place, memory-mapped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatial_mae.data.cifar10 import CLASSES
from spatial_mae.data.listing import children
from spatial_mae.data.store import Dataset

SEVERITIES = 5
VERSIONS = ("v4", "v6")


@dataclass(frozen=True)
class Shifted:
    """Images uint8 (n, height, width, channels); labels int64 (n,), positions in `classes`.

    name: of the set. corruption and severity, from 1: of these images, where there is one.
    images may be an `imagenet_variants.ImageFiles`, which is read as it is indexed. accepted: for
    each of `classes`, those of the probe that are right; None where they bear the same names.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]
    corruption: str | None = None
    severity: int | None = None
    accepted: tuple[tuple[str, ...], ...] | None = None

    def right(self) -> list[tuple[str, ...]]:
        """For each class, the names of the probe's classes that are right."""
        return list(self.accepted or ((name,) for name in self.classes))


def prepared(dataset: Dataset) -> Shifted:
    """The test images of another prepared data set. Raises ValueError if it has no classes."""
    name, classes = dataset.manifest["dataset"], dataset.manifest["classes"]
    if not classes:
        raise ValueError(f"data set {name!r} has no labels: a probe cannot be judged on it")
    return Shifted(name, dataset.images("test"), dataset.labels("test"), tuple(classes))


def cifar10_c(root: Path) -> list[Shifted]:
    """CIFAR-10-C (Hendrycks & Dietterich 2019): each corruption at each severity.

    root: the folder of labels.npy and one .npy a corruption, whose rows go through all images at
    severity 1, then at 2, to 5. Raises FileNotFoundError if a file is missing, ValueError if one is
    not such an array.
    """
    labels = _labels(root / "labels.npy")
    paths = sorted(path for path in children(root, "*.npy") if path.name != "labels.npy")
    if not paths:
        raise FileNotFoundError(f"{root} holds labels.npy but no corruption, such as fog.npy")
    if len(labels) % SEVERITIES:
        raise ValueError(
            f"{root}/labels.npy has {len(labels)} labels, not {SEVERITIES} for each image: "
            "download CIFAR-10-C again"
        )
    return [part for path in paths for part in _severities(path, labels)]


def cifar10_1(root: Path) -> list[Shifted]:
    """CIFAR-10.1 (Recht et al. 2018), those of v4 and v6 that are in the folder `root`.

    Files are cifar10.1_v6_data.npy and cifar10.1_v6_labels.npy. Raises as `cifar10_c`.
    """
    there = [v for v in VERSIONS if (root / f"cifar10.1_{v}_data.npy").is_file()]
    if not there:
        raise FileNotFoundError(f"{root} holds neither cifar10.1_v4_data.npy nor that of v6")
    found = []
    for version in there:
        labels = _labels(root / f"cifar10.1_{version}_labels.npy")
        images = _images(root / f"cifar10.1_{version}_data.npy", len(labels))
        found.append(Shifted(f"cifar10_1_{version}", images, labels, CLASSES))
    return found


def _severities(path: Path, labels: np.ndarray) -> Iterator[Shifted]:
    images, n = _images(path, len(labels)), len(labels) // SEVERITIES
    for severity in range(1, SEVERITIES + 1):
        rows = slice((severity - 1) * n, severity * n)
        yield Shifted("cifar10_c", images[rows], labels[rows], CLASSES, path.stem, severity)


def _labels(path: Path) -> np.ndarray:
    labels = _array(path)
    known = labels.ndim == 1 and labels.dtype.kind in "iu" and len(labels)
    if not known or labels.min() < 0 or labels.max() >= len(CLASSES):
        raise ValueError(
            f"{path} holds {labels.dtype} {labels.shape}; expected integers (n,) from 0 to "
            f"{len(CLASSES) - 1}"
        )
    return labels.astype(np.int64)


def _images(path: Path, n: int) -> np.ndarray:
    images = _array(path)
    if images.dtype != np.uint8 or images.ndim != 4 or len(images) != n:
        raise ValueError(
            f"{path} holds {images.dtype} {images.shape}; expected uint8 ({n}, height, width, "
            "channels), one image per label"
        )
    return images


def _array(path: Path) -> np.ndarray:
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}: check the folder in the robustness recipe")
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ValueError(f"{path} cannot be read as a .npy array: {error}") from error
