"""Run the benchmarks and print their tables as markdown: ratios, taken in this very run."""

import argparse
import importlib
import os
import pkgutil
import platform
from collections.abc import Sequence

import benchmarks
from benchmarks.hardware import processor
from benchmarks.timing import table

HELPERS = {"__main__", "synthetic", "timing"}


def main(argv: Sequence[str] | None = None) -> None:
    names = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in HELPERS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"default all: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: seconds, not minutes")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.names) - set(names):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    print(f"{os.cpu_count()} cores, {platform.machine()}, {processor()}, {_threads()}\n")
    for name in arguments.names or names:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"## {name}: {module.__doc__}\n", flush=True)
        for title, rows in module.tables(arguments.quick):
            print(f"### {title}\n\n{table(rows)}\n", flush=True)


def _threads() -> str:
    threads = os.environ.get("OMP_NUM_THREADS")
    return f"OMP_NUM_THREADS={threads}" if threads else "all cores used by each contender"


if __name__ == "__main__":
    main()
