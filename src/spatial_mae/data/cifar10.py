"""CIFAR-10, the official archive (python version): 50,000 + 10,000 images of 32 x 32, 10 classes.

Read from `cifar-10-python.tar.gz` without unpacking it, or from a folder `cifar-10-batches-py`.
Checksums are verified before anything is opened.
"""

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatial_mae.data.archives import DAMAGED, Archive, find, verify
from spatial_mae.data.pickles import planar_images, read_batch
from spatial_mae.data.source import Source
from spatial_mae.data.store import Batch, Prepared

ARCHIVE = Archive(
    "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a"
)
FOLDER = "cifar-10-batches-py"
# md5 of the files in the archive, for copies that are unpacked already.
MEMBERS = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
SPLITS = {"train": tuple(MEMBERS)[:5], "test": ("test_batch",)}
CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


@dataclass(frozen=True)
class Cifar10:
    """CIFAR-10, official archive (python version), downloaded or found under `root`."""


SOURCE = Source(
    Cifar10,
    draws=False,
    root="possible",
    public=True,
    archive=ARCHIVE,
    layout=(f"{ARCHIVE.name}|{FOLDER}",),
    size=(32, 32),
    images=(50_000, 10_000),
)


def prepare(
    recipe: Cifar10,
    root: Path | None,
    archive: Path | None,
    rng: np.random.Generator,
    md5: str | None = ARCHIVE.md5,
    members: Mapping[str, str] = MEMBERS,
) -> Prepared:
    """The official images in the official order; `md5` and `members` are the checksums.

    Raises FileNotFoundError if there is neither archive nor copy, ValueError if it is damaged.
    """
    copy = archive or find(root, ARCHIVE.name, FOLDER)
    if copy is None:
        where = f"{root} holds neither {ARCHIVE.name} nor {FOLDER}/" if root else "no copy is named"
        raise FileNotFoundError(f"CIFAR-10: {where}; {ARCHIVE.advice}")
    files = _unpacked(copy, members) if copy.is_dir() else _packed(copy, md5)
    return Prepared(
        splits={split: _batches(files, names) for split, names in SPLITS.items()},
        shape=(32, 32, 3),
        pixels="lossless, as published",
        licence="no licence stated by the authors; cite Krizhevsky 2009",
        classes=CLASSES,
    )


def _packed(archive: Path, md5: str | None) -> dict[str, bytes]:
    """The batches as bytes (180 MB): nothing is written to the disk, so no member can escape."""
    if not archive.is_file():
        raise FileNotFoundError(f"CIFAR-10: no file {archive}; {ARCHIVE.advice}")
    verify(archive, md5)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            files = {Path(m.name).name: tar.extractfile(m).read() for m in _safe(tar)}
    except (tarfile.TarError, *DAMAGED) as error:
        raise ValueError(f"{archive} cannot be read: {error}; download it again") from error
    if missing := sorted(set(MEMBERS) - set(files)):
        raise ValueError(f"{archive} lacks {', '.join(missing)}; download it again")
    return files


def _safe(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The batches among the members; one that would leave its folder is an error (TarError)."""
    for member in tar:
        checked = tarfile.data_filter(member, ".")
        if checked.isfile() and Path(checked.name).name in MEMBERS:
            yield checked


def _unpacked(folder: Path, members: Mapping[str, str]) -> dict[str, Path]:
    missing = [name for name in members if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(f"CIFAR-10: {folder} lacks {', '.join(missing)}; {ARCHIVE.advice}")
    for name, md5 in members.items():
        verify(folder / name, md5)
    return {name: folder / name for name in members}


def _batches(files: Mapping[str, bytes | Path], names: tuple[str, ...]) -> Iterator[Batch]:
    for name in names:
        content = files[name].read_bytes() if isinstance(files[name], Path) else files[name]
        values = read_batch(io.BytesIO(content), name)
        images = planar_images(values.get("data"), 32, name)
        yield Batch(images, np.asarray(values.get("labels"), dtype=np.int64))
