"""Which files a folder holds: the one lister of every reader, so that all of them pass over the
same hidden and foreign entries. Standard library only.
"""

import os
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

SUFFIXES = frozenset(
    [".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png"]
    + [".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"]
)
# What systems and storage devices add to a user's folders: copies, thumbnails, deleted files.
FOREIGN = frozenset(
    ["__macosx", "@eadir", "#recycle", "$recycle.bin", "system volume information", "lost+found"]
    + ["thumbs.db", "desktop.ini"]
)


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is passed over."""
    return name.startswith(".") or name.lower() in FOREIGN


def natural_key(path: PurePath | str) -> list[tuple[object, ...]]:
    """Sort key that puts `image9` before `image10`."""
    parts = re.split(r"(\d+)", str(path))
    return [(int(part), part) if i % 2 else (part,) for i, part in enumerate(parts)]


def children(folder: Path, pattern: str = "*") -> list[Path]:
    """The visible files and folders in `folder` whose names match, in natural order."""
    found = (p for p in folder.iterdir() if not is_hidden(p.name) and fnmatchcase(p.name, pattern))
    return sorted(found, key=natural_key)


def folders(folder: Path) -> list[Path]:
    """The visible folders in `folder`, in natural order."""
    return [path for path in children(folder) if path.is_dir()]


def walk(
    top: Path, entered: set[str] | None = None, deep: bool = True
) -> tuple[list[Path], list[Path]]:
    """Image files and other files below `top` (directly in it, unless `deep`), in natural order.

    Links are followed; no folder is entered twice, nor one whose real path is in `entered`, to
    which all are added. Hidden files and folders are passed over.
    """
    images, others = [], []
    entered = set() if entered is None else entered
    for folder, names_of_folders, names in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in entered:
            names_of_folders.clear()
            continue
        entered.add(real)
        names_of_folders[:] = visible(names_of_folders) if deep else []
        for path in (Path(folder, name) for name in visible(names)):
            (images if path.suffix.lower() in SUFFIXES else others).append(path)
    return sorted(images, key=natural_key), sorted(others, key=natural_key)


def image_files(top: Path) -> list[Path]:
    """The image files below `top`, in natural order."""
    return walk(top)[0]


def visible(names: Iterable[str]) -> list[str]:
    """Those of the names that are not passed over."""
    return [name for name in names if not is_hidden(name)]
