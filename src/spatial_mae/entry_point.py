"""What entry points share: flags declared in a line, recipes read, the run recorded."""

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path

from spatial_mae.files import read_json
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.counts import fitted
from spatial_mae.study.recipes import load

SPLITS = ("train", "test")


@dataclass(frozen=True)
class Flag:
    """`--name`, and the options for `add_argument`.

    is_input: its files are among the inputs that the run's record names, with their hashes.
    declaration: the dataclass that its JSON is read as, see `study.recipes.load`.
    """

    name: str
    options: dict
    is_input: bool = False
    declaration: type | None = None


def flag(name: str, is_input: bool = False, **options: object) -> list[Flag]:
    """One flag with any options of `add_argument`."""
    return [Flag(name, options, is_input)]


def values(kind: Callable[[str], object], is_input: bool = False, **meanings: str) -> list[Flag]:
    """Required flags of one type, each with its meaning."""
    options = {"type": kind, "required": True}
    return [Flag(name, {**options, "help": text}, is_input) for name, text in meanings.items()]


def reads(**meanings: str) -> list[Flag]:
    """Required paths of files that the run's record names, with their hashes."""
    return values(Path, is_input=True, **meanings)


def paths(**meanings: str) -> list[Flag]:
    """Required paths of files to write, or of folders."""
    return values(Path, **meanings)


def recipe(declaration: type, name: str = "recipe", default: str | None = None) -> list[Flag]:
    """A dataclass as JSON; required unless there is a default."""
    text = f"{declaration.__name__} as JSON"
    options = {"help": text, "default": default, "required": default is None}
    return [Flag(name, options, declaration=declaration)]


def entry_point(
    *flags: Sequence[Flag],
    inputs: Callable[[Namespace], Sequence[Path]] | None = None,
    record: str | None = None,
) -> Callable[[Callable[[Namespace], None]], Callable[..., None]]:
    """Decorate `main(given)`: it is then called with a command line, by default the program's.

    given: the flags' values, recipes read; `given.notes`: what `main` adds to the run's record.
    inputs: the files that the record names, by default those of the flags `reads`. record: where it
    goes by itself; None: `--record` is required. Recipes that ask for more images than the data set
    of `--manifest` or `--images` has are fitted to it (`study.counts`). Raises ValueError if a
    recipe is wrong.
    """
    known = [one for group in flags for one in group]

    def decorate(function: Callable[[Namespace], None]) -> Callable[..., None]:
        @wraps(function)
        def main(argv: Sequence[str] | None = None) -> None:
            parser = argparse.ArgumentParser(description=function.__globals__["__doc__"])
            for one in known:
                parser.add_argument(f"--{one.name.replace('_', '-')}", **one.options)
            add_record_flags(parser, Path(record) if record else None)
            given = parser.parse_args(argv)
            for one in known:
                if one.declaration:
                    setattr(given, one.name, load(one.declaration, getattr(given, one.name)))
            read = inputs(given) if inputs else _inputs(known, given)
            remarks = _fit(known, given)
            with run_record(given, read) as given.notes:
                if remarks:
                    given.notes["fitted"] = remarks
                function(given)

        return main

    return decorate


def _fit(flags: Sequence[Flag], given: Namespace) -> list[str]:
    """Ask for no more images than the data set has; what changed, in words, also on stderr."""
    paths = [Path(path) for n in ("manifest", "images") if (path := getattr(given, n, None))]
    manifests = [read_json(path) for path in paths if path.suffix == ".json" and path.is_file()]
    counts = {split: manifests[0].get(f"n_{split}", 0) for split in SPLITS} if manifests else {}
    remarks: list[str] = []
    for one in flags:
        if one.declaration and counts:
            recipe, changed = fitted(getattr(given, one.name), counts)
            setattr(given, one.name, recipe)
            remarks += changed
    for remark in remarks:
        print(f"warning: {remark}", file=sys.stderr)
    return remarks


def _inputs(flags: Sequence[Flag], given: Namespace) -> list[Path]:
    found: list[Path] = []
    for name in [one.name for one in flags if one.is_input]:
        value = getattr(given, name)
        found += value if isinstance(value, list) else [value] if value else []
    return found
