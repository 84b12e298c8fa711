"""Whether the files that a user brings are those of before. Standard library only.

A state is a hash of names, sizes and times of modification. As a parameter of a rule it makes its
jobs run again once files are added, removed or replaced, also under their old names.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from spatial_mae.data.listing import is_hidden
from spatial_mae.study import sources
from spatial_mae.study.user_files import found, is_there, paths_of


def dataset_state(config: Mapping, dataset: str) -> str:
    """The state of a data set's copy; empty without one.

    Of its own `root:` every file counts, of the folder that data sets share those that its source
    reads.
    """
    root, own = sources.root(config, dataset), config["datasets"][dataset].get("root")
    if root is None or own is not None:
        return state((root,), _hashed(config)) if root else ""
    read = sources.card(config["datasets"][dataset]["source"])["reads"]
    places = [str(path) for wanted in read for path in found(Path(root), wanted)]
    return state(tuple(places), _hashed(config))


def recipe_state(config: Mapping, family: str, name: str) -> str:
    """The state of the files whose paths a recipe names; empty if it names none."""
    recipe = config["recipes"][family][name]
    places = tuple(recipe[key] for key in paths_of(family) if recipe.get(key))
    return state(places, _hashed(config))


def _hashed(config: Mapping) -> bool:
    return config.get("data", {}).get("hash_files", False)


@cache
def state(places: tuple[str, ...], hashed: bool = False) -> str:
    """16 hexadecimal digits of the files and folders `places`; empty if none of them exists.

    Once in a process, so that a plan of many jobs looks once. Links are followed; hidden files,
    which no reader reads, do not count. hashed: the content of files counts too.
    """
    there = [place for place in places if is_there(place)]
    lines = [line for place in there for line in sorted(_lines(place, hashed))]
    digest = hashlib.sha256(b"\n".join(map(os.fsencode, lines)))
    return digest.hexdigest()[:16] if lines else ""


def _lines(place: str, hashed: bool) -> Iterator[str]:
    """Name, size and time of a file, or of every file below a folder; with its hash if wanted."""
    start = Path(place).stat()
    if not Path(place).is_dir():
        yield _line("", start) + (_content(place) if hashed else "")
        return
    yield "folder"
    entered = {(start.st_dev, start.st_ino)}
    waiting = [place]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if is_hidden(entry.name) or (now := _now(entry)) is None:
                    continue
                if not entry.is_dir():
                    content = _content(entry.path) if hashed else ""
                    yield _line(entry.path[len(place) :], now) + content
                elif (key := (now.st_dev, now.st_ino)) not in entered:
                    entered.add(key)
                    waiting.append(entry.path)


def _now(entry: os.DirEntry) -> os.stat_result | None:
    """None for a link to nothing."""
    try:
        return entry.stat()
    except OSError:
        return None


def _content(path: str) -> str:
    with Path(path).open("rb") as file:
        return f" {hashlib.file_digest(file, 'sha256').hexdigest()}"


def _line(name: str, now: os.stat_result) -> str:
    return f"{name} {now.st_size} {now.st_mtime_ns}"
