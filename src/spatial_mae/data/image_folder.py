"""A folder of a user's own images, of any mix of sizes and kinds.

See `spatial_mae.data.folders` for the layouts and `spatial_mae.data.pixels` for what happens to
the pixels. Files are put in random order, so that the first n images are a fair sample. Without
a test folder a share of the files is held out; crops of one file are never in both splits.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from spatial_mae.data.folders import Listing, list_images
from spatial_mae.data.pixels import (
    UNREADABLE,
    Fit,
    Interpolation,
    OversizedImageError,
    fit_pixels,
    read_pixels,
)
from spatial_mae.data.source import Source
from spatial_mae.data.store import Batch, Prepared
from spatial_mae.data.workers import ordered_map
from spatial_mae.study.keys import Count, Part, Range, Size
from spatial_mae.study.recipes import Checked

MOST_FILES, MOST_BYTES = 256, 2**23  # of files decoded together: a few such blocks are in memory


@dataclass(frozen=True, kw_only=True)
class ImageFolder(Checked):
    """A folder of images, with or without class folders and train/test folders."""

    size: Size
    """Height and width in pixels."""
    channels: Literal[1, 3] = 3
    """3 for RGB or 1 for gray."""
    fit: Fit = "centre_crop"
    """How an image meets `size`: resize (stretch), centre_crop (largest crop of that shape, then
    resize) or random_crops (at the image's own scale)."""
    crops_per_image: Count = 1
    """Crops of each image with fit random_crops; those of one file stay in one split."""
    interpolation: Interpolation = "box"
    """Of resizing; box averages areas, nearest aliases."""
    background: Annotated[int, Range(least=0, most=255)] = 127
    """Gray level behind transparent pixels, 0 to 255."""
    test_share: Part = 0.1
    """Share of files held out if there is no test folder."""
    max_unreadable_share: Annotated[float, Range(least=0, most=1)] = 0.01
    """Share of files that may be unreadable before it is an error."""
    pixels: str
    """What happened to the pixels (`lossless`, `JPEG 4:2:0`, ...); under every figure."""
    licence: str
    """Terms under which the images are used; in the report."""


SOURCE = Source(ImageFolder, draws=True, root="needed")


@dataclass
class _Tally:
    """Files that could not be read, against the number allowed."""

    root: Path
    n_files: int
    share: float
    unreadable: list[str] = field(default_factory=list)

    def add(self, file: Path, error: object) -> None:
        """Note a file; raise ValueError once there are too many."""
        name = str(file.relative_to(self.root)) if file.is_relative_to(self.root) else str(file)
        self.unreadable.append(f"{name}: {error}")
        if len(self.unreadable) > self.share * self.n_files:
            raise ValueError(
                f"image_folder: {len(self.unreadable)} of {self.n_files} files cannot be read, "
                f"more than max_unreadable_share {self.share}: {'; '.join(self.unreadable[:5])}; "
                "repair or remove them, or raise the share"
            )


def prepare(
    recipe: ImageFolder, root: Path | None, archive: Path | None, rng: np.random.Generator
) -> Prepared:
    """The images under `root`.

    Raises FileNotFoundError without images; ValueError if the recipe is impossible, too many
    files cannot be read, or an image is so large that it could fill the memory.
    """
    if root is None:
        raise FileNotFoundError("image_folder: no folder named; set `root:` of the data set to one")
    listing = list_images(root)
    entries = _splits(listing, recipe.test_share, rng)
    n_files = sum(len(part) for part in entries.values())
    tally = _Tally(root, n_files, recipe.max_unreadable_share)
    streams = dict(zip(entries, rng.spawn(len(entries)), strict=True))
    return Prepared(
        splits={s: _batches(recipe, part, tally, streams[s]) for s, part in entries.items()},
        shape=(*recipe.size, recipe.channels),
        pixels=recipe.pixels,
        licence=recipe.licence,
        classes=listing.classes,
        unreadable=tally.unreadable,
        warnings=listing.remarks,
        n_expected={s: len(part) * _n_crops(recipe) for s, part in entries.items()},
    )


def _n_crops(recipe: ImageFolder) -> int:
    return recipe.crops_per_image if recipe.fit == "random_crops" else 1


Entry = tuple[Path, int]  # a file and its label, 0 where there are no classes


def _splits(
    listing: Listing, test_share: float, rng: np.random.Generator
) -> dict[str, list[Entry]]:
    """Files with labels in random order; a share of them held out if there is no test folder."""
    entries = {}
    for split, files in listing.files.items():
        labels = listing.labels[split] if listing.labels else [0] * len(files)
        order = rng.permutation(len(files))
        entries[split] = [(files[i], labels[i]) for i in order]
    if entries["test"]:
        return entries
    n_test = max(1, round(test_share * len(entries["train"])))
    if n_test >= len(entries["train"]):
        raise ValueError(
            f"image_folder: {len(entries['train'])} images cannot be split; bring more"
        )
    return {"train": entries["train"][n_test:], "test": entries["train"][:n_test]}


def _batches(
    recipe: ImageFolder, entries: list[Entry], tally: _Tally, rng: np.random.Generator
) -> Iterator[Batch]:
    n_crops = _n_crops(recipe)
    corners = rng.random((len(entries), n_crops, 2))
    bytes_each = n_crops * math.prod(recipe.size) * recipe.channels
    size = min(MOST_FILES, max(1, MOST_BYTES // bytes_each))
    jobs = [range(s, min(s + size, len(entries))) for s in range(0, len(entries), size)]

    def read(rows: range) -> list[np.ndarray | str]:
        return [_read(recipe, entries[i][0], corners[i]) for i in rows]

    for rows, results in zip(jobs, ordered_map(read, jobs), strict=True):
        yield _batch(recipe, [entries[i] for i in rows], results, tally)


def _read(recipe: ImageFolder, file: Path, corners: np.ndarray) -> np.ndarray | str:
    """The file's pixels, or in words why there are none."""
    try:
        image = read_pixels(file, recipe.channels, recipe.background)
        return fit_pixels(image, recipe.size, recipe.fit, recipe.interpolation, corners)
    except OversizedImageError as error:
        raise ValueError(f"{file}: {error}; remove it or make it smaller") from error
    except UNREADABLE as error:
        return str(error) or type(error).__name__


def _batch(
    recipe: ImageFolder,
    entries: list[Entry],
    results: Iterable[np.ndarray | str],
    tally: _Tally,
) -> Batch:
    images, labels = [np.empty((0, *recipe.size, recipe.channels), np.uint8)], []
    for (file, label), result in zip(entries, results, strict=True):
        if isinstance(result, str):
            tally.add(file, result)
        else:
            images.append(result)
            labels += [label] * len(result)
    return Batch(np.concatenate(images), np.array(labels, dtype=np.int64))
