"""Cue-conflict images (Geirhos et al. 2019): the shape of one class with the texture of another."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from spatial_mae.data.listing import image_files
from spatial_mae.data.pixels import BACKGROUND, UNREADABLE, Reading
from spatial_mae.data.shrinking import shrink_images

WORDNET = re.compile(r"n\d{8}")
NAME = re.compile(r"([a-z]+)\d+-([a-z]+)\d+")
# Their names of classes that CIFAR-10 has under others.
SYNONYMS = {"boat": "ship", "car": "automobile"}


@dataclass(frozen=True)
class CueConflict:
    """Images uint8 (n, height, width, 3); shapes, textures int64 (n,): positions in `classes`.

    n_files: images there were; n_same: those of them whose shape equals their texture.
    """

    images: np.ndarray
    shapes: np.ndarray
    textures: np.ndarray
    classes: tuple[str, ...]
    n_files: int
    n_same: int


def class_groups(names: Sequence[str]) -> dict[str, list[int]]:
    """What a cue-conflict class is to a probe of the classes `names`: their positions.

    Of the 1,000 WordNet ids of ImageNet-1k, the 16 groups of Geirhos et al. (2019), each several of
    its classes (imagenet_groups.json: positions among the sorted ids). Else each class by itself.
    """
    if len(names) != 1000 or not all(WORDNET.fullmatch(name) for name in names):
        return {name: [position] for position, name in enumerate(names)}
    text = files("spatial_mae.data").joinpath("imagenet_groups.json").read_text(encoding="utf-8")
    place = {name: position for position, name in enumerate(names)}
    ids = sorted(names)
    return {
        SYNONYMS.get(group, group): [place[ids[position]] for position in positions]
        for group, positions in json.loads(text).items()
    }


def read_cue_conflict(
    root: Path, known: tuple[str, ...], size: tuple[int, int], background: int = BACKGROUND
) -> CueConflict:
    """The images in `root` or below whose shape and texture are two different classes of `known`.

    Names are as in cat7-elephant3.png, the shape's class first. size: height and width that images
    are shrunk to, by area means. background: 0..255, behind transparent pixels. classes of the
    result are those of `known` that occur.
    Raises FileNotFoundError without images; ValueError for a name of another form, an unreadable or
    smaller image, or if no two classes are shared.
    """
    paths = sorted(image_files(root))
    if not paths:
        raise FileNotFoundError(f"{root} holds no cue-conflict images such as cat7-elephant3.png")
    pairs = {path: _cues(path) for path in paths}
    used = {
        path: cues for path, cues in pairs.items() if cues[0] != cues[1] and set(cues) <= set(known)
    }
    classes = tuple(name for name in known if any(name in cues for cues in used.values()))
    if not used:
        there = sorted({name for cues in pairs.values() for name in cues})
        raise ValueError(
            f"{root}: no image has two different classes of the probe's as shape and texture; "
            f"there: {', '.join(there)}; the probe's: {', '.join(known)}"
        )
    shapes, textures = np.array(
        [[classes.index(name) for name in cues] for cues in used.values()]
    ).T
    images = np.stack([_image(path, size, background) for path in used])
    n_same = sum(shape == texture for shape, texture in pairs.values())
    return CueConflict(images, shapes, textures, classes, len(pairs), n_same)


def _cues(path: Path) -> tuple[str, str]:
    found = NAME.fullmatch(path.stem)
    if found is None:
        raise ValueError(
            f"{path}: expected a name such as cat7-elephant3.png, shape before texture"
        )
    shape, texture = (SYNONYMS.get(name, name) for name in found.groups())
    return shape, texture


def _image(path: Path, size: tuple[int, int], background: int) -> np.ndarray:
    try:
        pixels = np.asarray(Reading(3, background).read(path))
    except UNREADABLE as error:
        raise ValueError(f"{path} cannot be read as an image: {error}") from error
    if pixels.shape[0] < size[0] or pixels.shape[1] < size[1]:
        raise ValueError(f"{path} has {pixels.shape[:2]} pixels, fewer than the network's {size}")
    return shrink_images(pixels[None], size)[0]
