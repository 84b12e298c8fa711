"""Tensors by name from files of other programs. No code that a file may hold is ever run."""

import argparse
import json
import pickle
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from spatial_mae.models.naming import PREFIXES, common_prefix

ZIP, PICKLE = b"PK\x03\x04", b"\x80"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
# Where programs keep the network's tensors among an optimiser's and others.
NETWORK_KEYS = ("model", "state_dict", "model_state_dict")


def is_pickle(path: Path) -> bool:
    """Whether a file begins as those of torch.save do."""
    with path.open("rb") as file:
        start = file.read(9)
    # A safetensors file begins with the length of its header, any 8 bytes, and then the header.
    return start.startswith((ZIP, PICKLE)) and start[8:] != b"{"


def read_safetensors(path: Path, names: Iterable[str] | None = None) -> dict[str, Tensor]:
    """All tensors of a safetensors file, or those of `names`. Raises ValueError, naming the file,
    if it is truncated, no such file, or lacks a name."""
    try:
        with safe_open(path, framework="pt") as archive:
            held = set(archive.keys())
            wanted = held if names is None else set(names)
            if missing := sorted(wanted - held):
                raise ValueError(f"{path}: lacks {some(missing)}; copy it again")
            return {name: archive.get_tensor(name) for name in sorted(wanted)}
    except (SafetensorError, OSError) as error:
        raise ValueError(
            f"{path}: truncated, or no safetensors file ({error}); copy it again"
        ) from error


def shards(folder: Path) -> dict[Path, list[str] | None]:
    """The weights files of a folder that transformers wrote, each with its tensors, None for all.

    Raises ValueError if the folder holds none, or an index that is broken, or names a file that is
    missing or outside the folder.
    """
    if (folder / WEIGHTS).is_file():
        return {folder / WEIGHTS: None}
    index = folder / INDEX
    if not index.is_file():
        held = sorted(file.name for file in folder.iterdir())
        raise ValueError(
            f"{folder}: holds neither {WEIGHTS} nor {INDEX} but {', '.join(held) or 'nothing'}; "
            "write one with ViTMAEForPreTraining.from_pretrained(...).save_pretrained(...): in "
            "folders, pickled weights (.bin) are never read"
        )
    files: dict[Path, list[str]] = {}
    for name, file in _weight_map(index).items():
        # Only the name is checked, not where a link leads: transformers' own cache holds links.
        if not isinstance(file, str) or not re.fullmatch(r"[^/\\]+\.safetensors", file):
            raise ValueError(
                f"{index}: {name} is in {file!r}, which is no safetensors file of this folder; "
                "save the weights again"
            )
        files.setdefault(folder / file, []).append(name)
    if missing := [path.name for path in files if not path.is_file()]:
        raise ValueError(
            f"{folder}: lacks {some(missing)}, which {INDEX} names; copy the folder again"
        )
    return files


def _weight_map(index: Path) -> Mapping:
    try:
        weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"{index}: no JSON with a weight_map ({error!r}); copy it again"
        ) from error
    if not isinstance(weight_map, dict) or not weight_map:
        raise ValueError(f"{index}: weight_map names no tensor; copy it again")
    return weight_map


def read_folder(folder: Path) -> dict[str, Tensor]:
    """All tensors of a folder that transformers wrote. Raises ValueError as `shards`."""
    tensors = {}
    for path, names in shards(folder).items():
        tensors |= read_safetensors(path, names)
    return tensors


def read_pickle(path: Path) -> tuple[dict[str, Tensor], dict]:
    """The network's tensors in a file of torch.save, and the arguments of the program, if there.

    Unpickled by torch's restricted reader: tensors, plain values, and the `argparse.Namespace` in
    which the reference MAE keeps its arguments. Raises ValueError, naming the file, if anything
    else is in it, or no network.
    """
    with path.open("rb") as file:
        mapped = file.read(4) == ZIP  # torch maps files of the newer format only
    try:
        with torch.serialization.safe_globals([argparse.Namespace]):
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        raise ValueError(_refused(path, error)) from error
    except Exception as error:  # a damaged file may raise anything
        raise ValueError(f"{path}: truncated or damaged ({error}); copy it again") from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{path}: holds a {type(content).__name__}, no tensors by name")
    network = next((content[key] for key in NETWORK_KEYS if key in content), content)
    tensors = network if isinstance(network, Mapping) else {}
    if not tensors or not all(isinstance(value, Tensor) for value in tensors.values()):
        raise ValueError(
            f"{path}: no tensors by name, alone or under one of {', '.join(NETWORK_KEYS)}; save "
            'them as torch.save({"model": network.state_dict()}, FILE)'
        )
    arguments = content.get("args")
    return dict(tensors), vars(arguments) if isinstance(arguments, argparse.Namespace) else {}


def _refused(path: Path, error: Exception) -> str:
    found = re.search(r"GLOBAL ([\w.]+)", str(error))
    what = f" ({found[1]})" if found else ""
    return (
        f"{path}: holds more than tensors and plain values{what}, or is damaged, and is not read, "
        "as a pickle can run any code. If you trust whoever made it, save its tensors alone: "
        'torch.save({"model": torch.load(FILE, weights_only=False)["model"]}, NEW_FILE)'
    )


@contextmanager
def unwrapped(path: Path, tensors: Mapping[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """Tensors without what a program put before all names, which is said on stderr.

    Errors of the block say it too. Raises ValueError, naming `path`, if a tensor is not dense or
    not of floating point.
    """
    if wrong := [
        n for n, t in tensors.items() if t.layout != torch.strided or not t.is_floating_point()
    ]:
        raise ValueError(
            f"{path}: {some(wrong)}: not dense or not of floating point; save as float32"
        )
    prefix, said = common_prefix(tensors), ""
    if prefix:
        programs = " and ".join(p for start, p in PREFIXES.items() if start in prefix)
        said = f"the prefix {prefix!r} of all names, of {programs}, was taken away"
        print(f"{path}: {said}", file=sys.stderr, flush=True)
    try:
        yield {name.removeprefix(prefix): value for name, value in tensors.items()}
    except ValueError as error:
        raise (ValueError(f"{error} ({said})") if said else error) from error


def some(names: Iterable[str], most: int = 5) -> str:
    """The first names, and how many more there are."""
    names = list(names)
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
