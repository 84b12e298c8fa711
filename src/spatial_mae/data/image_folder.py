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

from spatial_mae.data.folders import Layout, Listing, list_images
from spatial_mae.data.pixels import (
    BACKGROUND,
    MAX_MEGAPIXELS,
    UNREADABLE,
    Fit,
    Interpolation,
    Reading,
    fit_pixels,
)
from spatial_mae.data.ranges import Ranges
from spatial_mae.data.source import Source
from spatial_mae.data.store import Batch, Prepared
from spatial_mae.data.workers import ordered_map
from spatial_mae.study.keys import Count, Part, Positive, Range, Size
from spatial_mae.study.recipes import Checked

MOST_FILES, MOST_BYTES = 256, 2**23  # of files decoded together: a few such blocks are in memory


@dataclass(frozen=True, kw_only=True)
class ImageFolder(Checked):
    """A folder of images, with or without class folders and train/test folders."""

    size: Size
    """Height and width in pixels."""
    layout: Layout = "auto"
    """What the folders in `root` are: auto (splits if they are named train, val, test, else
    classes; an error where both fit), splits, classes, or flat (nothing)."""
    channels: Literal[1, 3] = 3
    """3 for RGB or 1 for gray."""
    fit: Fit = "centre_crop"
    """How an image meets `size`: resize (stretch), centre_crop (largest crop of that shape, then
    resize) or random_crops (at the image's own scale)."""
    crops_per_image: Count = 1
    """Crops of each image with fit random_crops; those of one file stay in one split."""
    interpolation: Interpolation = "box"
    """Of resizing; box averages areas, nearest aliases."""
    background: Annotated[int, Range(least=0, most=255)] = BACKGROUND
    """Gray level behind transparent pixels, 0 to 255."""
    test_share: Part = 0.1
    """Share of files held out if there is no test folder."""
    max_unreadable_share: Annotated[float, Range(least=0, most=1)] = 0.01
    """Share of files that may be unreadable before it is an error."""
    white: Positive | None = None
    """The sample that becomes 255 in files of more than 8 bits: 4095 for 12 bits in files of 16;
    null: 65535, an error if no sample is above half of it, or if a file's kind states no white."""
    max_megapixels: Positive = MAX_MEGAPIXELS
    """Larger images, in millions of pixels, count as unreadable; each takes 3 bytes a pixel."""
    pixels: str
    """What happened to the pixels (`lossless`, `JPEG 4:2:0`, ...); under every figure. An edit
    prepares the data again."""
    licence: str
    """Terms under which the images are used; in the report. An edit prepares the data again."""


SOURCE = Source(ImageFolder, draws=True, root="needed")


@dataclass
class _Tally:
    """What was met in the files: those that cannot be read, against the number allowed; ranges.

    n_left: files not yet read.
    """

    root: Path
    n_files: int
    share: float
    warnings: list[str]
    unreadable: list[str] = field(default_factory=list)
    ranges: Ranges = field(default_factory=lambda: Ranges("the data set"))

    def __post_init__(self) -> None:
        self.n_left = self.n_files

    def read(self, largest: int | None) -> None:
        """Note a readable file. Raises ValueError as `Ranges`."""
        self.ranges.add(largest)

    def done(self, n_files: int) -> None:
        """Count files; after the last one, judge the ranges. Raises ValueError as `Ranges`."""
        self.n_left -= n_files
        if not self.n_left:
            self.ranges.check()
            self.warnings += self.ranges.remarks()

    def miss(self, file: Path, error: object) -> None:
        """Note an unreadable file; raise ValueError once there are too many."""
        name = str(file.relative_to(self.root)) if file.is_relative_to(self.root) else str(file)
        self.unreadable.append(f"{name}: {error}")
        if len(self.unreadable) > self.share * self.n_files:
            raise ValueError(
                f"image_folder: at least {len(self.unreadable)} of {self.n_files} files cannot be "
                f"read (the rest was not tried), more than max_unreadable_share {self.share}: "
                f"{'; '.join(self.unreadable[:5])}; "
                "repair or remove them, lower `size` where they are too small, or raise the share"
            )


def prepare(
    recipe: ImageFolder, root: Path | None, archive: Path | None, rng: np.random.Generator
) -> Prepared:
    """The images under `root`.

    Raises FileNotFoundError without images; ValueError if the folder can be read in two ways, too
    many files cannot be read, or files of 16 bits seem to hold fewer.
    """
    if root is None:
        raise FileNotFoundError("image_folder: no folder named; set `root:` of the data set to one")
    listing = list_images(root, recipe.layout)
    entries = _splits(listing, recipe.test_share, rng)
    n_files = sum(len(part) for part in entries.values())
    tally = _Tally(root, n_files, recipe.max_unreadable_share, listing.remarks)
    streams = dict(zip(entries, rng.spawn(len(entries)), strict=True))
    return Prepared(
        splits={s: _batches(recipe, part, tally, streams[s]) for s, part in entries.items()},
        shape=(*recipe.size, recipe.channels),
        pixels=recipe.pixels,
        licence=recipe.licence,
        classes=listing.classes,
        unreadable=tally.unreadable,
        warnings=listing.remarks,
        layout={"reading": listing.reading, "examples": _examples(root, listing, entries)},
        n_expected={s: len(part) * _n_crops(recipe) for s, part in entries.items()},
    )


def _n_crops(recipe: ImageFolder) -> int:
    return recipe.crops_per_image if recipe.fit == "random_crops" else 1


def _examples(root: Path, listing: Listing, entries: dict[str, list["Entry"]]) -> list[dict]:
    """One path, below `root`, for each split and class."""
    first = {(s, label): file for s, part in entries.items() for file, label in reversed(part)}
    first = dict(sorted(first.items(), key=lambda one: (one[0][0] == "test", one[0][1])))
    return [
        {
            "split": split,
            "class": listing.classes[label] if listing.classes else None,
            "path": str(file.relative_to(root)),
        }
        for (split, label), file in first.items()
    ]


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

    def read(rows: range) -> list[Found | str]:
        return [_read(recipe, entries[i][0], corners[i]) for i in rows]

    for rows, results in zip(jobs, ordered_map(read, jobs), strict=True):
        yield _batch(recipe, [entries[i] for i in rows], results, tally)


Found = tuple[np.ndarray, int | None]  # pixels of a file, and `Picture.largest`


def _read(recipe: ImageFolder, file: Path, corners: np.ndarray) -> Found | str:
    """What a file holds, or in words why it cannot be read."""
    how = Reading(recipe.channels, recipe.background, recipe.white, recipe.max_megapixels)
    try:
        found = how.decode(file)
        fitted = fit_pixels(found.image, recipe.size, recipe.fit, recipe.interpolation, corners)
        return fitted, found.largest
    except UNREADABLE as error:
        return str(error) or type(error).__name__


def _batch(
    recipe: ImageFolder,
    entries: list[Entry],
    results: Iterable[Found | str],
    tally: _Tally,
) -> Batch:
    images, labels = [np.empty((0, *recipe.size, recipe.channels), np.uint8)], []
    for (file, label), result in zip(entries, results, strict=True):
        if isinstance(result, str):
            tally.miss(file, result)
        else:
            pixels, largest = result
            tally.read(largest)
            images.append(pixels)
            labels += [label] * len(pixels)
    tally.done(len(entries))
    return Batch(np.concatenate(images), np.array(labels, dtype=np.int64))
