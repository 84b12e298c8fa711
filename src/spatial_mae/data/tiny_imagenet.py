"""Tiny ImageNet, the official zip: 200 classes of 500 + 50 labelled images, 64 x 64.

The validation images become the test images; the unlabelled test images are not used. No checksum
is published: every member's CRC and the counts are verified, and the archive's SHA-256 noted.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

import numpy as np

from spatial_mae.data.archives import DAMAGED, Archive, find
from spatial_mae.data.listing import is_hidden
from spatial_mae.data.pixels import UNREADABLE, Reading
from spatial_mae.data.shrinking import shrink_images
from spatial_mae.data.source import Source
from spatial_mae.data.store import Batch, Prepared
from spatial_mae.data.workers import ordered_map
from spatial_mae.files import sha256
from spatial_mae.study.keys import Length, Range
from spatial_mae.study.recipes import Checked

ARCHIVE = Archive("http://cs231n.stanford.edu/tiny-imagenet-200.zip", None)
TOP = "tiny-imagenet-200"
SIDE = 64
Side = Annotated[int, Range(least=1, most=SIDE)]
COUNTS = {"classes": 200, "train": 100_000, "test": 10_000}
LARGEST = 2_000_000_000  # bytes of all files together: four times the official ones
FILES = 512  # files decoded together


@dataclass(frozen=True)
class TinyImagenet(Checked):
    """Tiny ImageNet, official archive, downloaded or found under `root`."""

    size: Annotated[tuple[Side, ...], Length(2, 2)] = (SIDE, SIDE)
    """Height and width in pixels, at most [64, 64]; smaller images are area means."""


SOURCE = Source(
    TinyImagenet,
    draws=True,
    root="possible",
    public=True,
    archive=ARCHIVE,
    layout=(ARCHIVE.name,),
    images=(COUNTS["train"], COUNTS["test"]),
)


def prepare(
    recipe: TinyImagenet,
    root: Path | None,
    archive: Path | None,
    rng: np.random.Generator,
    counts: Mapping[str, int] = COUNTS,
) -> Prepared:
    """The images in random order, so that the first n are a fair sample; read from the zip.

    Raises FileNotFoundError if there is neither archive nor copy; ValueError if the archive is
    damaged, incomplete or names files outside its folder.
    """
    path = archive or find(root, ARCHIVE.name)
    if path is None or not path.is_file():
        where = f"{root} holds no {ARCHIVE.name}" if root else "no copy is named"
        raise FileNotFoundError(f"Tiny ImageNet: {where}; {ARCHIVE.advice}")
    names = verified_names(path)
    classes, labelled = _labelled(path, names)
    _check_counts(path, counts, classes, labelled)
    streams = rng.spawn(2)
    return Prepared(
        splits={
            split: _batches(recipe, path, [labelled[split][i] for i in r.permutation(n)])
            for (split, r, n) in zip(labelled, streams, map(len, labelled.values()), strict=True)
        },
        shape=(*recipe.size, 3),
        pixels=_pixels(recipe),
        licence="ImageNet terms of access: non-commercial research and education",
        classes=classes,
        warnings=[f"no published checksum; this archive's sha256 is {sha256(path)}"],
    )


def _pixels(recipe: TinyImagenet) -> str:
    small = "" if recipe.size == (SIDE, SIDE) else ", then shrunk by area"
    return f"JPEG 4:2:0 at 64 x 64, as published{small}"


def _check_size(path: Path, archive: zipfile.ZipFile) -> None:
    """A zip gives no more bytes than it declares."""
    if (total := sum(info.file_size for info in archive.infolist())) > LARGEST:
        raise ValueError(
            f"{path} is refused: it holds {total} bytes, the official archive less than {LARGEST}"
        )


def verified_names(path: Path) -> list[str]:
    """Names of the zip's files, after every file's CRC was checked.

    Raises ValueError if the zip is damaged or far too large, or a name leads out of its folder.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_size(path, archive)
            names = archive.namelist()
            for name in names:
                if name.startswith("/") or "\\" in name or ".." in PurePosixPath(name).parts:
                    raise ValueError(f"{path} is refused: {name!r} leads out of its folder")
            broken = archive.testzip()
    except DAMAGED as error:
        raise ValueError(f"{path} is damaged: {error}; download it again") from error
    if broken:
        raise ValueError(f"{path} is damaged: {broken} fails its CRC; download it again")
    return names


def _labelled(path: Path, names: list[str]) -> tuple[list[str], dict[str, list[tuple[str, int]]]]:
    """The classes' WordNet ids, and (member, label) of each split."""
    with zipfile.ZipFile(path) as archive:
        classes = _read_lines(archive, path, "wnids.txt")
        notes = [
            line.split("\t")[:2] for line in _read_lines(archive, path, "val/val_annotations.txt")
        ]
    number = {wnid: label for label, wnid in enumerate(classes)}
    train = [n for n in names if n.startswith(f"{TOP}/train/") and n.endswith(".JPEG")]
    train = [n for n in train if not any(map(is_hidden, PurePosixPath(n).parts))]
    try:
        return classes, {
            "train": [(name, number[PurePosixPath(name).parts[2]]) for name in train],
            "test": [(f"{TOP}/val/images/{file}", number[wnid]) for file, wnid in notes],
        }
    except KeyError as error:
        raise ValueError(f"{path}: class {error} is not in wnids.txt") from error


def _read_lines(archive: zipfile.ZipFile, path: Path, name: str) -> list[str]:
    try:
        return archive.read(f"{TOP}/{name}").decode().splitlines()
    except KeyError as error:
        raise ValueError(f"{path} is not the official archive: it lacks {TOP}/{name}") from error


def _check_counts(path: Path, counts: Mapping[str, int], classes: list, labelled: dict) -> None:
    found = {"classes": len(classes)} | {split: len(part) for split, part in labelled.items()}
    if found != dict(counts):
        raise ValueError(f"{path}: found {found}, expected {dict(counts)}; download it again")


def _batches(recipe: TinyImagenet, path: Path, entries: list[tuple[str, int]]) -> Iterator[Batch]:
    with zipfile.ZipFile(path) as archive:
        for start in range(0, len(entries), FILES):
            part = entries[start : start + FILES]
            contents = ((name, archive.read(name)) for name, _ in part)
            images = np.stack(list(ordered_map(_decode, contents)))
            labels = np.array([label for _, label in part], dtype=np.int64)
            yield Batch(shrink_images(images, recipe.size), labels)


def _decode(member: tuple[str, bytes]) -> np.ndarray:
    name, content = member
    try:
        pixels = np.asarray(Reading(channels=3).read(io.BytesIO(content)))
    except UNREADABLE as error:
        raise ValueError(f"{name} cannot be decoded: {error}") from error
    if pixels.shape != (SIDE, SIDE, 3):
        raise ValueError(f"{name} is {pixels.shape}, expected 64 x 64 pixels")
    return pixels
