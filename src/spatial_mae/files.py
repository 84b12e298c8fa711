"""Files that are either whole or absent: write to a temporary name, then rename."""

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`; rename it to `path` only if the block succeeds.

    The temporary name keeps the suffix, so that writers which read the format from the name work.
    On any exception (a full disk, Ctrl-C) the temporary file is removed and `path` is untouched.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        with temporary.open("rb+") as handle:
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: object) -> None:
    write_text(path, json.dumps(value, indent=1, allow_nan=False) + "\n")


def read_json(path: str | Path) -> object:
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    with atomic_path(path) as temporary:
        np.savez(temporary, **arrays)


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
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
        atomic_path(path) as temporary,
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

    Raises ValueError, naming the line, if a row is longer or shorter than the header.
    """
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
