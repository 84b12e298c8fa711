"""Cityscapes or any data in its layout: photographs with a disparity for each pixel.

    leftImg8bit/{split}/{city}/{frame}_leftImg8bit.png   colour
    disparity/{split}/{city}/{frame}_disparity.png       16 bits: (p - 1) / 256 pixels, 0 = unknown
    camera/{split}/{city}/{frame}_camera.json            baseline and fx, needed for depth only

Both are shrunk by area, disparity over its known pixels only. The splits `train` and `val` become
`train` and `test`; pairs are put in random order, so that the first n are a fair sample.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from spatial_mae.data.archives import find
from spatial_mae.data.listing import children, folders, natural_key
from spatial_mae.data.pixels import UNREADABLE, Reading, read_samples
from spatial_mae.data.shrinking import shrink_images, shrink_known
from spatial_mae.data.source import Source
from spatial_mae.data.store import Batch, Prepared
from spatial_mae.data.workers import ordered_map
from spatial_mae.study.keys import Factor, Size
from spatial_mae.study.recipes import Checked

ADVICE = (
    "Cityscapes needs an account: register at https://www.cityscapes-dataset.com, `pip install "
    "cityscapesscripts`, run `csDownload leftImg8bit_trainvaltest.zip disparity_trainvaltest.zip "
    "camera_trainvaltest.zip` yourself (it asks for name and password), unzip all three into "
    "one folder and name it as `root:` of the data set"
)
SPLITS = {"train": "train", "test": "val"}
UNITS = {"disparity": "pixels of the unshrunk image", "depth": "metres"}
PAIRS = 32  # pairs read together


@dataclass(frozen=True, kw_only=True)
class Cityscapes(Checked):
    """leftImg8bit, disparity and camera of Cityscapes."""

    size: Size
    """Height and width in pixels, at most those of the images. [Bisulco 32, 32]"""
    fit: Literal["resize", "centre_crop"] = "centre_crop"
    """resize (stretch to `size`) or centre_crop (the middle of that aspect ratio)."""
    target: Literal["disparity", "depth"]
    """disparity in pixels of the unshrunk image, or depth in metres (needs camera/)."""
    min_valid_share: Factor = 0.5
    """Share of a small pixel's area that must be known for it to be known."""
    pixels: str
    """What happened to the pixels; under every figure. An edit prepares the data again."""
    licence: str
    """Terms under which the images are used; in the report. An edit prepares the data again."""


SOURCE = Source(
    Cityscapes,
    draws=True,
    root="needed",
    public=True,
    layout=("leftImg8bit", "disparity"),
    advice=(
        "make an account at cityscapes-dataset.com, then `pip install cityscapesscripts` and "
        "`csDownload leftImg8bit_trainvaltest.zip disparity_trainvaltest.zip "
        "camera_trainvaltest.zip`, unzip all into one folder"
    ),
)
READS = (*SOURCE.layout, "camera")


@dataclass(frozen=True)
class Pair:
    """The files of one frame; camera is None where there is none."""

    image: Path
    disparity: Path
    camera: Path | None


def prepare(
    recipe: Cityscapes, root: Path | None, archive: Path | None, rng: np.random.Generator
) -> Prepared:
    """The pairs under `root`; images without disparity or camera, and the reverse, are listed.

    Raises FileNotFoundError if there are no pairs, saying how to get them; ValueError if the
    recipe is impossible or a file is damaged.
    """
    colour = find(root, "leftImg8bit")
    if colour is None:
        where = f"{root} holds no leftImg8bit/" if root else "no folder is named"
        raise FileNotFoundError(f"cityscapes: {where}. {ADVICE}")
    pairs, unpaired = {}, []
    for split, folder in SPLITS.items():
        pairs[split] = _pairs(colour.parent, folder, recipe.target == "depth", unpaired)
    splits = {}
    for (split, found), stream in zip(pairs.items(), rng.spawn(len(pairs)), strict=True):
        splits[split] = _batches(recipe, [found[i] for i in stream.permutation(len(found))])
    return Prepared(
        splits=splits,
        shape=(*recipe.size, 3),
        pixels=recipe.pixels,
        licence=recipe.licence,
        depth_unit=UNITS[recipe.target],
        unreadable=unpaired,
    )


def _pairs(root: Path, split: str, needs_camera: bool, unpaired: list[str]) -> list[Pair]:
    """The complete frames of a split; what is missing is added to `unpaired`."""
    images = _frames(root, "leftImg8bit", split, "png")
    disparities = _frames(root, "disparity", split, "png")
    cameras = _frames(root, "camera", split, "json")
    if needs_camera and not cameras:
        raise FileNotFoundError(
            f"cityscapes: target 'depth' needs {root / 'camera' / split}/*/*_camera.json; "
            f"add them or use target 'disparity'. {ADVICE}"
        )
    needed = {"image": images, "disparity": disparities} | (
        {"camera": cameras} if needs_camera else {}
    )
    for frame in sorted(set().union(*needed.values()), key=natural_key):
        lacking = [name for name, files in needed.items() if frame not in files]
        if lacking:
            unpaired.append(f"{split}/{frame}: no {', no '.join(lacking)}")
    complete = sorted(set.intersection(*map(set, needed.values())), key=natural_key)
    if not complete:
        raise FileNotFoundError(f"cityscapes: no pairs in {root} for split {split!r}. {ADVICE}")
    return [Pair(images[f], disparities[f], cameras.get(f)) for f in complete]


def _frames(root: Path, kind: str, split: str, suffix: str) -> dict[Path, Path]:
    """`city/frame` -> file."""
    ending = f"_{kind}.{suffix}"
    top = root / kind / split
    cities = folders(top) if top.is_dir() else []
    files = [file for city in cities for file in children(city) if file.name.endswith(ending)]
    return {Path(file.parent.name, file.name.removesuffix(ending)): file for file in files}


def _batches(recipe: Cityscapes, pairs: list[Pair]) -> Iterator[Batch]:
    for start in range(0, len(pairs), PAIRS):
        part = pairs[start : start + PAIRS]
        results = list(ordered_map(lambda pair: _read(recipe, pair), part))
        images, depth = (np.stack(arrays) for arrays in zip(*results, strict=True))
        yield Batch(images, depth=depth)


def _read(recipe: Cityscapes, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
    """Image uint8 (h, w, 3) and target float32 (h, w), NaN where unknown, of one frame."""
    image = _open(pair.image)
    values, known = read_disparity(pair.disparity)
    if values.shape != image.shape[:2]:
        raise ValueError(f"{pair.disparity} is {values.shape}, its image {image.shape[:2]}")
    if recipe.target == "depth":
        known = known & (values > 0)
        values = _focal_length(pair.camera) / np.where(known, values, 1)
    if recipe.fit == "centre_crop":
        kept = _middle(image.shape[:2], recipe.size)
        image, values, known = image[kept], values[kept], known[kept]
    small = shrink_known(values, known, recipe.size, recipe.min_valid_share)
    return shrink_images(image[None], recipe.size)[0], small.astype(np.float32)


def _open(file: Path) -> np.ndarray:
    try:
        return np.asarray(Reading(channels=3).read(file))
    except UNREADABLE as error:
        raise ValueError(f"{file} cannot be read: {error}; get it again") from error


def read_disparity(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Disparity in pixels, float64 (height, width), and where it is known, bool.

    Raises ValueError if the file is damaged or not 16-bit grey.
    """
    try:
        stored = read_samples(file)
    except UNREADABLE as error:
        raise ValueError(f"{file} cannot be read: {error}; get it again") from error
    if stored.ndim != 2 or stored.dtype.itemsize < 2:
        raise ValueError(f"{file} holds {stored.dtype} {stored.shape}, expected 16-bit grey")
    known = stored > 0
    return np.where(known, (stored.astype(np.float64) - 1) / 256, 0.0), known


def _focal_length(file: Path) -> float:
    """Baseline times fx, in metre pixels: depth = this / disparity."""
    try:
        camera = json.loads(file.read_text())
        return float(camera["extrinsic"]["baseline"]) * float(camera["intrinsic"]["fx"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} holds no extrinsic.baseline and intrinsic.fx: {error}") from error


def _middle(shape: tuple[int, int], size: tuple[int, int]) -> tuple[slice, slice]:
    """The largest part of the aspect ratio of `size` in the middle, in whole pixels."""
    scale = min(extent / wanted for extent, wanted in zip(shape, size, strict=True))
    kept = [min(extent, round(wanted * scale)) for extent, wanted in zip(shape, size, strict=True)]
    starts = [(extent - keep) // 2 for extent, keep in zip(shape, kept, strict=True)]
    return tuple(slice(start, start + keep) for start, keep in zip(starts, kept, strict=True))
