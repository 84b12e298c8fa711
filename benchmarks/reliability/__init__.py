"""Hold under fire: kill the workflow, damage its files, feed it wrong configs and bad archives.

Described in docs/reliability.md. Each part writes a line of its table as soon as it is known; the
same command again continues where it stopped.
"""

import argparse
import importlib
from collections.abc import Sequence
from pathlib import Path

PARTS = ("configs", "archives", "damage", "kills")


def main(argv: Sequence[str]) -> int:
    """The exit status: 0 when everything held, 1 when something did not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks reliability", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"default all: {', '.join(PARTS)}")
    parser.add_argument(
        "--out", type=Path, default=Path("reliability"), help="folder of the tables"
    )
    parser.add_argument("--number", type=int, help="how many kills, damages or configs")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn")
    arguments = parser.parse_args(argv)
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    held = True
    for name in arguments.parts or PARTS:
        part = importlib.import_module(f"benchmarks.reliability.{name}")
        number = arguments.number or part.NUMBER
        held &= part.run(arguments.out.resolve(), number, arguments.seed)
    return int(not held)
