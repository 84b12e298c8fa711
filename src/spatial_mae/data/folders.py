"""What a folder of images holds: its files, their splits and their classes.

root/**/*.png                       one class or none
root/{class}/**/*.png               classes
root/{train,val,test}/...           splits, each of them as above

One folder that holds all others is passed through. A folder that can be read in two ways is refused
unless `layout` says which is meant.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from unicodedata import category

from spatial_mae.data.listing import SUFFIXES, folders, natural_key, walk
from spatial_mae.data.split_names import KINDS, mentioned_split, split_of

Layout = Literal["auto", "classes", "splits", "flat"]


@dataclass(frozen=True)
class Listing:
    """Image files by split, in natural order. Without a test folder `test` is empty.

    labels: positions in `classes`, one for each file, or None. reading: how the folder was read, in
    words. remarks: what a user should know.
    """

    files: dict[str, list[Path]]
    labels: dict[str, list[int]] | None
    classes: list[str] | None
    reading: str
    remarks: list[str]


@dataclass
class _Level:
    """A folder's children that hold images, with the files below each, and its own images."""

    root: Path
    below: dict[Path, list[Path]]
    loose: list[Path]
    others: list[Path] = field(default_factory=list)

    @property
    def splits(self) -> list[Path]:
        return [top for top in self.below if split_of(top.name)]

    @property
    def rest(self) -> list[Path]:
        return [top for top in self.below if not split_of(top.name)]


def list_images(root: Path, layout: Layout = "auto") -> Listing:
    """Find the images under `root`.

    Raises FileNotFoundError if there is no folder or no image; ValueError if the folder can be read
    in two ways, or not as `layout` says.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"image_folder: no folder {root}; correct `root:` of the data set")
    remarks: list[str] = []
    level = _level(root, layout, remarks)
    others, lost = [], []
    for path in level.others:
        (others if path.exists() else lost).append(path)
    if lost:
        remarks.append(
            f"links that lead nowhere, ignored: {_some(lost)}; repair them if they are folders of "
            "images, or remove them"
        )
    if others:
        n = len(others)
        remarks.append(f"{n} files ignored, not images by name: {_some(others)}")
    if layout == "splits" or (layout == "auto" and level.splits):
        return _in_splits(level, layout, remarks)
    return _together(level, layout, remarks)


def _level(root: Path, layout: Layout, remarks: list[str]) -> _Level:
    """The first folder, from `root` down, that holds more than one folder of images."""
    level = _look(root)
    while layout in ("auto", "splits") and not level.loose and not level.splits:
        if len(level.below) != 1:
            break
        (top,) = level.below
        inner = _look(top)
        what = "no class" if layout == "auto" and not inner.below else "it is passed through"
        remarks.append(f"all images are in the one folder {_shown(top, root)}: {what}")
        level = _Level(top, inner.below, inner.loose, [*level.others, *inner.others])
    if not level.below and not level.loose:
        kinds = ", ".join(sorted(SUFFIXES))
        raise FileNotFoundError(f"image_folder: no training images in {root} ({kinds})")
    return level


def _look(root: Path) -> _Level:
    entered = {os.path.realpath(root)}
    loose, others = walk(root, deep=False)
    below = {}
    # Folders of splits first: what they link to is theirs.
    for top in sorted(folders(root), key=lambda top: KINDS.index(split_of(top.name))):
        images, rest = walk(top, entered)
        others += rest
        if images:
            below[top] = images
    in_order = sorted(below, key=natural_key)
    return _Level(root, {top: below[top] for top in in_order}, loose, sorted(others))


def _in_splits(level: _Level, layout: Layout, remarks: list[str]) -> Listing:
    """Folders of splits, each with or without class folders."""
    kinds = {
        k: [t for t in level.splits if split_of(t.name) == k] for k in ("train", "val", "test")
    }
    _check_splits(level, kinds, layout)
    if level.rest or level.loose:
        remarks.append(f"ignored, next to the train folder: {_some([*level.rest, *level.loose])}")
    tops = {"train": kinds["train"], "test": kinds["test"] or kinds["val"]}
    if kinds["val"] and kinds["test"]:
        tops["train"] = tops["train"] + kinds["val"]
        remarks.append("the validation images were added to the training images")
    elif kinds["val"]:
        remarks.append("no test folder: the validation images are the test images")
    elif not kinds["test"]:
        remarks.append("no test folder: test images are drawn from the training images")
    files = {s: [f for top in found for f in level.below[top]] for s, found in tops.items()}
    inner = _passed(tops, level.below, remarks)
    _check_no_splits_below([(top, level.below[outer]) for outer, top in inner.items()], layout)
    names = {
        s: [_class_name(f, inner[top]) for top in found for f in level.below[top]]
        for s, found in tops.items()
    }
    words = ", ".join(f"{s}: {_some(found)}" for s, found in tops.items() if found)
    return _listing(files, names, f"folders of splits ({words})", remarks)


def _check_splits(level: _Level, kinds: dict[str, list[Path]], layout: Layout) -> None:
    """Raise ValueError where the folders may be no splits, or hold no training images."""
    if layout == "auto" and (level.rest or level.loose):
        other = _some([*level.rest, *level.loose])
        raise ValueError(
            f"image_folder: {level.root} can be read in two ways: {_some(level.splits)} as "
            f"splits (train, val, test) next to {other}, or every folder as a class; set `layout: "
            "splits` (the others are ignored) or `layout: classes` in the data set"
        )
    if not kinds["train"]:
        there = _some(level.splits) if level.splits else "none"
        raise ValueError(
            f"image_folder: {level.root} holds no train folder (splits there: {there}), and test "
            "images are never trained on; add train/, name one of these folders as `root:` to "
            "divide its images, or set `layout: classes` if they are classes"
        )


def _passed(
    tops: dict[str, list[Path]], below: dict[Path, list[Path]], remarks: list[str]
) -> dict[Path, Path]:
    """Folder of a split -> the folder in it from which on folders are classes.

    Passed through are a folder alone in its split that is named like a split (train/train), and one
    that is alone, with one name, in all of them (train/images, test/images).
    """
    inner = {top: top for found in tops.values() for top in found}
    while True:
        names = {t: {_class_name(f, place) for f in below[t]} for t, place in inner.items()}
        alone = {t: next(iter(n)) for t, n in names.items() if len(n) == 1 and None not in n}
        same = len(alone) == len(inner) and len(set(alone.values())) == 1
        through = {t: name for t, name in alone.items() if same or split_of(name)}
        if not through:
            return inner
        for top, name in through.items():
            inner[top] = inner[top] / name
        words = ", ".join(sorted(f"{top.name}/.../{name}" for top, name in through.items()))
        remarks.append(f"folders that are alone in their split are no classes: {words}")


def _together(level: _Level, layout: Layout, remarks: list[str]) -> Listing:
    """No splits: folders are classes, or nothing."""
    if layout == "auto":
        _check_no_splits_below([(level.root, level.loose + sum(level.below.values(), []))], layout)
        mentioned = {mentioned_split(top.name) for top in level.rest} - {None}
        if len(mentioned) > 1:
            raise ValueError(
                f"image_folder: {_some(level.rest)} in {level.root} may be classes or splits; "
                "rename the splits to train, val and test, or set `layout: classes` in the data set"
            )
    files = sorted(level.loose + sum(level.below.values(), []), key=natural_key)
    names = [None if layout == "flat" else _class_name(f, level.root) for f in files]
    files_of, names_of = {"train": files, "test": []}, {"train": names, "test": []}
    return _listing(files_of, names_of, "one folder without splits", remarks)


def _check_no_splits_below(places: list[tuple[Path, list[Path]]], layout: Layout) -> None:
    """Raise ValueError if some folder below holds folders of two splits: they would be mixed."""
    if layout != "auto":
        return
    seen: dict[Path, str] = {}
    for top, files in places:
        for folder in {f.parent for f in files}:
            for part in _up_to(folder, top):
                kind = split_of(part.name)
                if kind and seen.setdefault(part.parent, kind) != kind:
                    raise ValueError(
                        f"image_folder: {part.parent} holds folders of several splits, which "
                        "would be mixed; put the splits on top (train/CLASS, test/CLASS), or set "
                        "`layout: classes` in the data set to take all of them together"
                    )


def _up_to(folder: Path, top: Path) -> Iterator[Path]:
    while folder != top and folder != folder.parent:
        yield folder
        folder = folder.parent


def _class_name(file: Path, top: Path) -> str | None:
    parts = file.relative_to(top).parts
    return parts[0] if len(parts) > 1 else None


def _listing(
    files: dict[str, list[Path]], names: dict[str, list], reading: str, remarks: list[str]
) -> Listing:
    classes = _classes([name for found in names.values() for name in found], remarks)
    number = {name: i for i, name in enumerate(classes or [])}
    labels = classes and {s: [number[name] for name in names[s]] for s in names}
    described = f"{reading}, {f'{len(classes)} class folders' if classes else 'no classes'}"
    return Listing(files, labels, classes, described, remarks)


def _classes(names: list[str | None], remarks: list[str]) -> list[str] | None:
    """The classes in natural order; None if any image is outside the class folders."""
    known = {name for name in names if name is not None}
    if known and None in names:
        remarks.append(
            f"{names.count(None)} images are outside the class folders: no classes for any image; "
            "move them into class folders, or away"
        )
    if not known or None in names:
        return None
    if odd := sorted(name for name in known if any(category(c) in ("Cc", "Cs") for c in name)):
        raise ValueError(
            f"image_folder: names of classes that are no text in UTF-8 or hold control characters, "
            f"{odd}; rename these folders"
        )
    return sorted(known, key=natural_key)


def _some(paths: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in paths[:5])
    return names + (", ..." if len(paths) > 5 else "")


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root))
