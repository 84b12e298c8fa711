"""Run the benchmarks and print their tables as markdown: ratios, taken in this very run.

`python -m benchmarks gpu_check` and `python -m benchmarks reliability` take other arguments:
docs/gpu.md, docs/reliability.md.
"""

import argparse
import importlib
import os
import pkgutil
import platform
import sys
from collections.abc import Sequence

import benchmarks
from benchmarks import gpu_check

ALONE = {"gpu_check", "reliability"}
HELPERS = {"__main__", "advice_validation", "made_readings", "made_tables", "peers"}
HELPERS |= {"synthetic", "timing"} | ALONE


def main(argv: Sequence[str] | None = None) -> None:
    argv = sys.argv[1:] if argv is None else argv
    if argv[:1] == ["gpu_check"]:
        sys.exit(gpu_check.main(argv[1:]))
    if argv[:1] == ["reliability"]:
        from benchmarks import reliability

        sys.exit(reliability.main(argv[1:]))
    names = [m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in HELPERS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"default all: {', '.join(names)}")
    parser.add_argument("--quick", action="store_true", help="small sizes: seconds, not minutes")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.names) - set(names):
        parser.error(_refusal(unknown, names))
    _run(arguments.names or names, arguments.quick)


def _refusal(unknown: set[str], names: list[str]) -> str:
    for name in sorted(unknown & ALONE):
        return f"{name} runs alone and comes first: python -m benchmarks {name} --help"
    known = ", ".join([*names, *sorted(ALONE)])
    return f"no benchmark {', '.join(sorted(unknown))}; there are {known}"


def _run(names: Sequence[str], quick: bool) -> None:
    from benchmarks.hardware import processor  # gpu_check must start without numpy
    from benchmarks.timing import table

    print(f"{os.cpu_count()} cores, {platform.machine()}, {processor()}, {_threads()}\n")
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"## {name}: {module.__doc__}\n", flush=True)
        for title, rows in module.tables(quick):
            print(f"### {title}\n\n{table(rows)}\n", flush=True)


def _threads() -> str:
    threads = os.environ.get("OMP_NUM_THREADS")
    return f"OMP_NUM_THREADS={threads}" if threads else "all cores used by each contender"


if __name__ == "__main__":
    main()
