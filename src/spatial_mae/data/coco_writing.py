"""Images and the outlines of their objects in COCO's format: one json for each split, png files."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from spatial_mae.data.outlined_shapes import CLASSES, Block, Outlined
from spatial_mae.data.pixels import write_png
from spatial_mae.files import write_json


def write_coco(path: Path, images: Path, blocks: Iterator[Block], stored: np.ndarray) -> int:
    """Write the json `path` and the files that it names, in the folder `images`; their number.

    Names in the json start in the folder of `path`. stored: uint8 (n, height, width, 3), the images
    of the prepared data set. Raises ValueError if the blocks hold other images.
    """
    images.mkdir(parents=True, exist_ok=True)
    entries, annotations = [], []
    for pixels, objects in blocks:
        start = len(entries)
        if not np.array_equal(pixels, stored[start : start + len(pixels)]):
            raise ValueError(
                f"images from {start} on differ from those of the prepared data set: prepare it "
                "again, with this version of the code"
            )
        for one, own in zip(pixels, objects, strict=True):
            entries.append(_image(len(entries) + 1, one, images, path.parent))
            annotations += [
                {"id": len(annotations) + i, "image_id": len(entries), **_annotation(found)}
                for i, found in enumerate(own, start=1)
            ]
    names = [{"id": i, "name": name} for i, name in enumerate(CLASSES, start=1)]
    write_json(path, {"images": entries, "annotations": annotations, "categories": names})
    return len(entries)


def _image(number: int, pixels: np.ndarray, folder: Path, root: Path) -> dict:
    file = folder / f"{number:06d}.png"
    write_png(file, pixels)
    name = file.relative_to(root).as_posix()
    return {"id": number, "file_name": name, "width": pixels.shape[1], "height": pixels.shape[0]}


def _annotation(found: Outlined) -> dict:
    """A polygon where all of the object is seen, else the run lengths of what is seen of it."""
    rows, columns = (np.flatnonzero(found.seen.any(axis=axis)) for axis in (1, 0))
    upper_left = np.array([columns[0], rows[0]], float)
    lower_right = np.array([columns[-1] + 1, rows[-1] + 1], float)
    segmentation: list | dict = {"size": list(found.seen.shape), "counts": run_lengths(found.seen)}
    if found.corners is not None:
        upper_left, lower_right = found.corners.min(axis=0), found.corners.max(axis=0)
        segmentation = [found.corners.round(3).ravel().tolist()]
    return {
        "category_id": found.label + 1,
        "bbox": [*upper_left.round(3).tolist(), *(lower_right - upper_left).round(3).tolist()],
        "segmentation": segmentation,
        "area": int(found.seen.sum()),
        "iscrowd": 0,
    }


def run_lengths(mask: np.ndarray) -> list[int]:
    """COCO's uncompressed counts of a bool mask (height, width).

    Pixels outside and inside take turns, along columns; the first count is of those outside.
    """
    pixels = mask.ravel(order="F")
    changes = np.flatnonzero(np.diff(pixels, prepend=False))
    return np.diff(changes, prepend=0, append=len(pixels)).tolist()
