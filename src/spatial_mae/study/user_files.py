"""Files that only the user can bring, and the folder of the results, checked before anything runs.

Standard library only. What files hold is identified by names, sizes, times: `study.file_states`.
"""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from spatial_mae.data.listing import children, folders
from spatial_mae.study import relations, sources
from spatial_mae.study.measurements import KINDS
from spatial_mae.study.schema import schema

# Families of recipes that cannot do without their paths -> what to do.
NEEDED = {"detection": "give its path (docs/detection.md), or leave its experiments out"}


def missing_files(config: Mapping) -> Iterator[str]:
    """Messages on missing files that the study reads, each with its fix."""
    yield from _missing_data(config)
    yield from _missing_paths(config)


def check_braces(folder: Path) -> None:
    """Raise ValueError if Snakemake would take a part of the workflow's own path for a wildcard."""
    if braces := re.search(r"\{\s*\w+\s*(,[^{}]*)?\}", str(folder)):
        raise ValueError(
            f"Snakemake takes {braces[0]} in the path of this workflow, {folder}, for a wildcard: "
            "rename that folder"
        )


def check_writable(folder: Path) -> None:
    """Write a little in `folder`, made if need be, and remove it again.

    Raises ValueError, naming the folder and the reason, if that cannot be done.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder, prefix=".writable-") as handle:
            handle.write(bytes(4096))
    except OSError as error:
        raise ValueError(
            f"results cannot be written to {folder.absolute()}: {error.strerror}. Make it a folder "
            "that you may write to, on a disk with space, or run Snakemake in another folder with "
            "`--directory`"
        ) from error


def check_temporary(least: int = 2**20) -> None:
    """Make a file of `least` bytes in the folder TMPDIR, where Snakemake's scheduler writes.

    A TMPDIR that is no folder is not used by anything. Raises ValueError, naming it, if it is full.
    """
    if not (folder := os.environ.get("TMPDIR")):
        return
    if not (Path(folder).is_dir() and os.access(folder, os.W_OK)):
        return
    try:
        with tempfile.TemporaryFile(dir=folder) as handle:
            os.posix_fallocate(handle.fileno(), 0, least)
    except OSError as error:
        raise ValueError(
            f"the environment variable TMPDIR names {folder}, where no temporary file of {least:,} "
            f"bytes can be made: {error.strerror}. Make space, or set it to another folder"
        ) from error


def _missing_paths(config: Mapping) -> Iterator[str]:
    """Paths in the recipes of the study's experiments."""
    if any(map(_only_described, relations.used_datasets(config))):
        return
    families = ((KINDS[e["kind"]].recipe, e["recipe"]) for e in config["experiments"])
    for family, name in dict.fromkeys(families):
        recipe = config["recipes"][family][name]
        paths = () if recipe.get("generated") else paths_of(family)
        if family == "robustness" and not any(recipe.get(k) for k in ("prepared", *paths)):
            yield (
                f"recipe {name!r} of robustness names no shifted images: give the path of one of "
                f"{', '.join(paths)}, or data sets of the config as `prepared`"
            )
        for key in paths:
            path = recipe.get(key)
            if path is None and family in NEEDED:
                yield f"recipe {name!r} of {family}: {key} is null; {NEEDED[family]}"
            elif path is not None and not is_there(path):
                advice = NEEDED.get(family, "give its path, or null")
                yield f"recipe {name!r} of {family}: {key} {path!r} does not exist; {advice}"


@cache
def paths_of(family: str) -> tuple[str, ...]:
    """The keys of a family of recipes that are paths of the user's, as declared."""
    recipe = schema()["properties"]["recipes"]["properties"][family]["additionalProperties"]
    keys = recipe["properties"].items()
    return tuple(
        key
        for key, value in keys
        if any(option.get("format") == "path" for option in value.get("anyOf", ()))
    )


def _missing_data(config: Mapping) -> Iterator[str]:
    """Data sets in use whose files can only come from the user and are not there."""
    for name in relations.used_datasets(config):
        dataset = config["datasets"][name]
        source, root = dataset["source"], sources.root(config, name)
        card = sources.card(source)
        if card["root"] == "needed" and root is None:
            yield f"data set {name!r} ({source}) needs `root:`, your copy's path; {card['advice']}"
        elif root is not None and not is_there(root) and not _only_described(name):
            yield f"data set {name!r}: its root {root!r} does not exist; {card['advice']}"
        elif root is not None and is_there(root):
            for wanted in card["layout"]:
                if not found(Path(root), wanted):
                    names = wanted.replace("|", " or ")
                    yield f"data set {name!r}: {root!r} holds no {names}; {card['advice']}"


def _only_described(dataset: str) -> bool:
    """Whether a data set's manifest is here without its images: results unpacked from an archive.

    They can be drawn and judged where the images never were.
    """
    folder = Path("results/data", dataset)
    return (folder / "manifest.json").is_file() and not (folder / "train.npy").exists()


def is_there(path: str) -> bool:
    """Whether a path exists: not if it is too long, or in a folder that may not be read."""
    try:
        return Path(path).exists()
    except OSError:
        return False


def found(root: Path, wanted: str) -> list[Path]:
    """The entries that fit one of the alternatives: the root itself, in it, or one folder below."""
    patterns = wanted.split("|")
    if any(fnmatch(root.name, pattern) for pattern in patterns):
        return [root]
    places = [root, *folders(root)] if root.is_dir() else []
    return [path for place in places for p in patterns for path in children(place, p)]
