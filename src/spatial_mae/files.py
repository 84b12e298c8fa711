"""Files that are either whole or absent: write to a temporary name, then rename.

What later jobs read also gets a seal: `.NAME.sha256` next to it holds the SHA-256 of what was
written, as `sha256sum` prints it, and every reader compares. A file without a seal is not checked.
"""

import csv
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`; rename it to `path` only if the block succeeds.

    The temporary name keeps the suffix, so that writers which read the format from the name work.
    On any exception (a full disk, Ctrl-C) the temporary file is removed and `path` is untouched.
    What killed writers of `path` left is removed first.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for rest in _unfinished(path):
        rest.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _unfinished(path: Path) -> list[Path]:
    """Temporary files of `path`; those of `a.b.csv` are not of `a.csv`."""
    name = re.compile(rf"\.{re.escape(path.stem)}\.\d+\.tmp{re.escape(path.suffix)}")
    with os.scandir(path.parent) as entries:
        return [Path(entry.path) for entry in entries if name.fullmatch(entry.name)]


@contextmanager
def sealed_path(path: str | Path) -> Iterator[Path]:
    """As `atomic_path`; the file also gets a seal, which `check` compares with it later.

    Whenever the process is killed, no file is left with the seal of another.
    """
    with atomic_path(path) as temporary:
        yield temporary
        digest = sha256(temporary)
        seal_of(path).unlink(missing_ok=True)
    write_seal(path, digest)


def seal_of(path: str | Path) -> Path:
    """Where the seal of `path` is, or would be."""
    path = Path(path)
    return path.with_name(f".{path.name}.sha256")


def write_seal(path: str | Path, digest: str) -> None:
    """Seal `path`, whose SHA-256 is `digest` (64 hexadecimal digits)."""
    seal_of(path).write_text(f"{digest}  {Path(path).name}\n", encoding="utf-8")


def check(path: str | Path, digest: str | None = None) -> None:
    """Raise ValueError if `path` has a seal and holds something else than what was sealed.

    digest: its SHA-256, where that is known already.
    """
    seal = seal_of(path)
    try:
        sealed = seal.read_text(encoding="utf-8", errors="replace").split()
    except FileNotFoundError:
        return
    if sealed and sealed[0] != (digest or sha256(path)):
        raise ValueError(
            f"{path} is not what was written there: its SHA-256 differs from that in {seal}. "
            "It was damaged or edited: delete it and run snakemake again. "
            f"To use it as it is, delete {seal.name}"
        )


def copy(path: str | Path, target: str | Path) -> None:
    """Copy a file, and its seal if it has one; `target` must not be there."""
    shutil.copyfile(path, target)
    if seal_of(path).exists():
        shutil.copyfile(seal_of(path), seal_of(target))


def remove(path: str | Path) -> None:
    """Delete a file and its seal, if they are there."""
    Path(path).unlink(missing_ok=True)
    seal_of(path).unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: object, sealed: bool = True) -> None:
    """sealed: not for a file that people may edit."""
    text = json.dumps(value, indent=1, allow_nan=False) + "\n"
    with (sealed_path if sealed else atomic_path)(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: str | Path) -> object:
    """Raises ValueError for a file that is not what was written there, or no JSON."""
    check(path)
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    with sealed_path(path) as temporary:
        np.savez(temporary, **arrays)


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Raises ValueError for a file that is not what was written there."""
    check(path)
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def sha256(path: str | Path) -> str:
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


Row = dict[str, object]


def write_rows(path: str | Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write a tidy table. Columns are the union of the rows' keys, in order of appearance."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    with (
        sealed_path(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as handle,
    ):
        writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _text(value) for key, value in row.items()} for row in rows)


def read_rows(path: str | Path) -> list[Row]:
    """Read a tidy table; numbers become int or float, empty cells None, the rest stays text.

    Tables whose columns are declared are read by `spatial_mae.tables.reading`: no type is guessed.
    """
    return to_rows({name: parse(cells, _value) for name, cells in read_columns(path).items()})


def read_columns(path: str | Path) -> dict[str, Sequence[str]]:
    """A tidy table as text: column -> its cells.

    Raises ValueError for a file that is not what was written there, and, naming the line, if a row
    is longer or shorter than the header.
    """
    check(path)
    with Path(path).open(newline="", encoding="utf-8") as handle:
        header, *lines = [line for line in csv.reader(handle) if line] or [[]]
    wrong = next((n for n, line in enumerate(lines) if len(line) != len(header)), None)
    if wrong is not None:
        raise ValueError(
            f"{path}: row {wrong + 1} has {len(lines[wrong])} cells, the header {len(header)}; "
            "write the table again"
        )
    columns = zip(*lines, strict=True) if lines else (() for _ in header)
    return dict(zip(header, columns, strict=True))


def parse(cells: Sequence[str], convert: Callable[[str], object]) -> list[object]:
    """The values of a column's cells, empty ones None; every distinct text is converted once."""
    known = {text: convert(text) if text else None for text in set(cells)}
    return [known[text] for text in cells]


def to_rows(columns: Mapping[str, Sequence[object]]) -> list[Row]:
    """Rows of columns of one length."""
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating):
        return repr(float(value))
    return str(value)


def _value(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
