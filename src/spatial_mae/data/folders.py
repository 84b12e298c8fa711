"""What a folder of images holds: its files, their splits and their classes.

root/**/*.png                       one class or none
root/{class}/**/*.png               classes
root/{train,val,test}/...           splits, each of them as above
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SUFFIXES = frozenset(
    [".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png"]
    + [".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"]
)
TRAIN, VALIDATION, TEST = {"train", "training"}, {"val", "valid", "validation"}, {"test", "testing"}


@dataclass(frozen=True)
class Listing:
    """Image files by split, in natural order. Without a test folder `test` is empty.

    labels: positions in `classes`, one for each file, or None. remarks: what a user should know.
    """

    files: dict[str, list[Path]]
    labels: dict[str, list[int]] | None
    classes: list[str] | None
    remarks: list[str]


def list_images(root: Path) -> Listing:
    """Find the images under `root`. Raises FileNotFoundError if there is no folder or no image."""
    if not root.is_dir():
        raise FileNotFoundError(f"image_folder: no folder {root}; correct `root:` of the data set")
    tops, remarks = _split_folders(root)
    found = {split: [_walk(top) for top in folders] for split, folders in tops.items()}
    files = {s: [f for images, _ in parts for f in images] for s, parts in found.items()}
    others = [o for parts in found.values() for _, rest in parts for o in rest]
    if not files["train"]:
        kinds = ", ".join(sorted(SUFFIXES))
        raise FileNotFoundError(f"image_folder: no training images in {tops['train']} ({kinds})")
    if others:
        remarks.append(f"{len(others)} files ignored, not images by name: {_some(others)}")
    names = {split: [_class_name(f, tops[split]) for f in files[split]] for split in files}
    classes = _classes([name for split in names.values() for name in split], remarks)
    number = {name: i for i, name in enumerate(classes or [])}
    labels = classes and {s: [number[name] for name in names[s]] for s in names}
    return Listing(files, labels, classes, remarks)


def _split_folders(root: Path) -> tuple[dict[str, list[Path]], list[str]]:
    """Which folders make up each split, and what was decided where the layout leaves a choice."""
    folders = {
        kind: [p for p in _children(root) if p.name.lower() in names]
        for kind, names in (("train", TRAIN), ("val", VALIDATION), ("test", TEST))
    }
    if not folders["train"]:
        return {"train": [root], "test": []}, []
    remarks = []
    if folders["val"] and not folders["test"]:
        folders["test"], folders["val"] = folders["val"], []
        remarks.append("no test folder: the validation images are the test images")
    elif folders["val"]:
        folders["train"] += folders["val"]
        remarks.append("the validation images were added to the training images")
    used = folders["train"] + folders["test"]
    if passed := [p for p in _children(root) if p not in used]:
        remarks.append(f"ignored, next to the train folder: {_some(passed)}")
    return {"train": folders["train"], "test": folders["test"]}, remarks


def _children(folder: Path) -> list[Path]:
    visible = (p for p in folder.iterdir() if not p.name.startswith("."))
    return sorted(visible, key=natural_key)


def _walk(top: Path) -> tuple[list[Path], list[Path]]:
    """Image files and other files below `top`; links are followed, each folder entered once."""
    images, others, entered = [], [], set()
    for folder, folders, names in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(folder, name) for name in names if not name.startswith(".")):
            (images if path.suffix.lower() in SUFFIXES else others).append(path)
    return sorted(images, key=natural_key), sorted(others, key=natural_key)


def natural_key(path: Path) -> list[tuple[object, ...]]:
    """Sort key that puts `image9` before `image10`."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), part) if i % 2 else (part,) for i, part in enumerate(parts)]


def _class_name(file: Path, tops: Sequence[Path]) -> str | None:
    top = next(t for t in tops if file.is_relative_to(t))
    parts = file.relative_to(top).parts
    return parts[0] if len(parts) > 1 else None


def _classes(names: list[str | None], remarks: list[str]) -> list[str] | None:
    """The classes in natural order; None if any image is outside the class folders."""
    known = {name for name in names if name is not None}
    if known and None in names:
        remarks.append(f"{names.count(None)} images are outside the class folders: no classes")
    if not known or None in names:
        return None
    return sorted(known, key=lambda name: natural_key(Path(name)))


def _some(paths: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in paths[:5])
    return names + (", ..." if len(paths) > 5 else "")
