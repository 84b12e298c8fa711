"""Images with objects in COCO's format, checked before anything is trained."""

import contextlib
import hashlib
import io
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatial_mae.data.pixels import UNREADABLE, Reading, read_header
from spatial_mae.data.ranges import ENOUGH, Ranges
from spatial_mae.training.loader import subset

PARTS = {
    "images": ("id", "file_name", "width", "height"),
    "annotations": ("id", "image_id", "category_id", "bbox", "segmentation"),
    "categories": ("id", "name"),
}


def check_package() -> None:
    """Raise ValueError if pycocotools is missing."""
    try:
        import pycocotools.mask  # noqa: F401
    except ImportError as error:
        raise ValueError(
            f"COCO files cannot be read here ({error}): pip install -e '.[detection]'"
        ) from error


@dataclass(frozen=True)
class CocoImages:
    """Checked images of a COCO json.

    images: entries of the json that are used. objects: image id -> its annotations that are neither
    crowds nor degenerate. crowds: image id -> its crowds. categories: ids, sorted; the label of
    categories[i] is i + 1. n_crowds, n_degenerate: annotations no detector is trained on. white: of
    files of more than 8 bits a sample, see `data.pixels.Reading`.
    """

    folder: Path
    images: tuple[dict, ...]
    objects: Mapping[int, list[dict]]
    crowds: Mapping[int, list[dict]]
    categories: tuple[int, ...]
    names: tuple[str, ...]
    n_crowds: int
    n_degenerate: int
    white: float | None = None

    def with_objects(self) -> "CocoImages":
        """The images on which there is something to learn."""
        kept = tuple(image for image in self.images if self.objects.get(image["id"]))
        return CocoImages(**{**vars(self), "images": kept})

    def first(self, n: int | None) -> "CocoImages":
        """A subset of n images, the same for all runs; None or too many: all."""
        if n is None or n >= len(self.images):
            return self
        kept = tuple(self.images[i] for i in subset(len(self.images), n))
        return CocoImages(**{**vars(self), "images": kept})

    def state(self) -> str:
        """64 hexadecimal digits of the files' names, sizes and times: others once one is replaced.

        Contents are not read: those of large sets take minutes.
        """
        digest = hashlib.sha256()
        for image in self.images:
            now = (self.folder / image["file_name"]).stat()
            line = f"{image['file_name']} {now.st_size} {now.st_mtime_ns}\n"
            digest.update(os.fsencode(line))
        return digest.hexdigest()

    def pixels(self, image: Mapping, channels: int) -> np.ndarray:
        """uint8 (height, width, channels). Raises ValueError if the file cannot be decoded."""
        path = self.folder / image["file_name"]
        try:
            found = np.asarray(Reading(channels, white=self.white).decode(path).image)
        except UNREADABLE as error:
            raise ValueError(f"{path}: cannot be decoded ({error}); fetch it again") from error
        if found.shape[:2] != (image["height"], image["width"]):
            raise ValueError(
                f"{path}: {found.shape[1]} x {found.shape[0]} pixels once it is upright by EXIF, "
                "its annotations are of another size; store it without EXIF orientation"
            )
        return np.array(found).reshape(*found.shape[:2], channels)

    def masks(self, image: Mapping) -> np.ndarray:
        """Of the image's objects: bool (n, height, width)."""
        size = image["height"], image["width"]
        found = [decode(one["segmentation"], *size) for one in self.objects.get(image["id"], [])]
        return np.stack(found) if found else np.zeros((0, *size), bool)


def read_coco(annotations: Path, folder: Path, white: float | None = None) -> CocoImages:
    """Read and check a COCO json and the headers of its images.

    Raises ValueError, naming the file: unreadable, not COCO's format, no annotations, annotations
    of images or categories that are not listed, image files that are missing, unreadable or of
    another size than the json says, or files of 16 bits that seem to hold fewer, if `white` is
    None; and as `check_package`.
    """
    check_package()
    content = _read(annotations)
    images = {image["id"]: image for image in content["images"]}
    categories = {category["id"]: category["name"] for category in content["categories"]}
    for name, key, known in (
        ("image", "image_id", images),
        ("category", "category_id", categories),
    ):
        strangers = [one for one in content["annotations"] if one[key] not in known]
        if strangers:
            raise ValueError(
                f"{annotations}: {len(strangers)} annotations are of an unknown {name}, the first "
                f"(id {strangers[0]['id']}) of {name} {strangers[0][key]}: correct or remove them"
            )
    _check_files(annotations, folder, content["images"], white)
    objects: dict[int, list[dict]] = {}
    crowds: dict[int, list[dict]] = {}
    counts: Counter[str] = Counter()
    for one in content["annotations"]:
        kind = _kind(one, images[one["image_id"]])
        counts[kind] += 1
        if kind != "degenerate":
            (objects if kind == "object" else crowds).setdefault(one["image_id"], []).append(one)
    if not objects:
        raise ValueError(f"{annotations}: no annotation of an object (crowds do not count)")
    ids = tuple(sorted(categories))
    return CocoImages(
        Path(folder),
        tuple(content["images"]),
        objects,
        crowds,
        ids,
        tuple(categories[i] for i in ids),
        counts["crowd"],
        counts["degenerate"],
        white,
    )


def decode(segmentation: list | Mapping, height: int, width: int) -> np.ndarray:
    """bool (height, width) of polygons or run lengths, compressed or not."""
    from pycocotools import mask

    return mask.decode(run_lengths(segmentation, height, width)).astype(bool)


def run_lengths(segmentation: list | Mapping, height: int, width: int) -> dict:
    """COCO's compressed run lengths of polygons or run lengths.

    Polygons of fewer than three corners cover nothing and are left out: pycocotools takes two
    corners that come first for a box. Others must be there.
    """
    from pycocotools import mask

    if isinstance(segmentation, list):
        return mask.merge(mask.frPyObjects(_polygons(segmentation), height, width))
    if isinstance(segmentation["counts"], list):
        return mask.frPyObjects(segmentation, height, width)
    return segmentation


def _polygons(parts: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    return [corners for corners in parts if len(corners) >= 6]


def index(content: Mapping) -> object:
    """pycocotools' COCO of a json's content, without its messages."""
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):
        found = COCO()
        found.dataset = dict(content)
        found.createIndex()
    return found


def _read(path: Path) -> dict:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: no readable COCO json ({error})") from error
    for part, keys in PARTS.items():
        entries = content.get(part) if isinstance(content, dict) else None
        if not isinstance(entries, list):
            raise ValueError(f"{path}: not COCO's format, no list {part!r}; see docs/detection.md")
        for entry in entries:
            if missing := [key for key in keys if key not in entry]:
                raise ValueError(
                    f"{path}: not COCO's format, one of {part} has no {', '.join(missing)}: "
                    f"{str(entry)[:80]}"
                )
        if not entries:
            raise ValueError(f"{path}: {part} is empty: nothing to train on or to score")
    return content


def _check_files(
    annotations: Path, folder: Path, images: Sequence[Mapping], white: float | None
) -> None:
    ranges = Ranges("the detection recipe")
    for image in images:
        path = Path(folder) / image["file_name"]
        if not path.is_file():
            raise ValueError(f"{path}: no such image, but {annotations} lists it")
        try:
            header = read_header(path)
            if header.deep and len(ranges.largest) < ENOUGH:
                ranges.add(Reading(3, white=white).decode(path).largest)
        except OSError as error:
            raise ValueError(f"{path}: no readable image ({error}); fetch it again") from error
        except UNREADABLE as error:
            raise ValueError(f"{path}: {error}") from error
        if header.size != (image["width"], image["height"]):
            raise ValueError(
                f"{path} is {' x '.join(map(str, header.size))} (width, height; upright by EXIF), "
                f"{annotations} says {image['width']} x {image['height']}: are these the images it "
                "was made for? Annotations of pixels as stored need files without EXIF orientation"
            )
    ranges.check()


def _kind(one: Mapping, image: Mapping) -> str:
    """object, crowd or degenerate: a box without area, no polygon of three corners, no pixel."""
    left, top, width, height = one["bbox"]
    shown_x = min(left + width, image["width"]) - max(left, 0)
    shown_y = min(top + height, image["height"]) - max(top, 0)
    shape = one["segmentation"]
    shape = _polygons(shape) if isinstance(shape, list) else shape
    if min(shown_x, shown_y) <= 0 or not shape:
        return "degenerate"
    if one.get("iscrowd"):
        return "crowd"
    return "object" if decode(shape, image["height"], image["width"]).any() else "degenerate"
