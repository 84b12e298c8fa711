"""Which results of two folders differ: tables, figures' numbers and claims, byte for byte.

    python tests/workflow/compare_studies.py BEFORE AFTER

Each folder is a checkout, or anything with `results/` in it. Columns of measured time and memory
are left out, and so are numbers of claims that stand on them. Ends with 1 if something differs.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

# Endings of columns, and of names of measures in a row, that no two runs have in common.
MEASURED = ("seconds", "images_per_second", "peak_memory_bytes", "hours", "machine", "speedup")
# Columns of figures' numbers that hold times, and what follows from them.
TIMES = ("time", "front")
VALUES = ("value", "low", "high")
PATTERNS = ("results/**/*.csv", "results/*/claims.json")
# Claims about time and memory: how they come out depends on the machine's load.
TIMED = ("hour", "time", "memory", "seconds", "speed", "cost")


def differences(before: Path, after: Path) -> Iterator[str]:
    """A line for each file that one folder lacks or that differs, in order of their names."""
    found = [{p.relative_to(f).as_posix() for p in files(f)} for f in (before, after)]
    for name in sorted(found[0] | found[1]):
        if name not in found[0]:
            yield f"{name}: only in {after}"
        elif name not in found[1]:
            yield f"{name}: only in {before}"
        elif (first := content(before / name)) != (second := content(after / name)):
            yield f"{name}: {_where(first, second)}"


def files(folder: Path) -> list[Path]:
    return [p for pattern in PATTERNS for p in folder.glob(pattern) if "benchmarks" not in p.parts]


def content(path: Path) -> list:
    """The rows of a table as text, or the claims; without what is measured of the machine."""
    if path.suffix == ".json":
        return [claim for claim in json.loads(path.read_text()) if not _timed(claim)]
    with path.open(newline="") as handle:
        rows = list(csv.reader(handle))
    head = rows[0] if rows else []
    return [head, *([*_untimed(head, row)] for row in rows[1:])]


def _untimed(head: list[str], row: list[str]) -> Iterator[str]:
    """The cells of a row, without columns of time, and values of measures of time."""
    of_time = any(cell.endswith(MEASURED) for cell in row)
    for name, cell in zip(head, row, strict=True):
        if not name.endswith(MEASURED) and name not in TIMES and not (of_time and name in VALUES):
            yield cell


def _timed(claim: dict) -> bool:
    told = f"{claim['id']} {claim.get('quote')} {claim.get('figure')}".lower()
    return any(word in told for word in TIMED)


def _where(first: list, second: list) -> str:
    if len(first) != len(second):
        return f"{len(first)} and {len(second)} rows"
    row = next(i for i, pair in enumerate(zip(first, second, strict=True)) if pair[0] != pair[1])
    return f"differs first in row {row}: {first[row]} and {second[row]}"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    arguments = parser.parse_args(argv)
    n_compared = len(files(arguments.before))
    if not n_compared:
        parser.error(f"{arguments.before} holds no results")
    found = list(differences(arguments.before, arguments.after))
    print("\n".join([*found, f"{len(found)} of {n_compared} files differ"]))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
