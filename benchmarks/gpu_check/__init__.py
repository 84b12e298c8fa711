"""Ten minutes on a GPU: is it correct, does it survive faults, how fast is it, does it learn?

One command, described in docs/gpu.md. Parts run one after another, each within its
share of the time; what failed is recorded, and the rest is still done. Without a GPU the same parts
run at tiny sizes on the CPU.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

MINUTES = 9.0


def main(argv: Sequence[str]) -> int:
    """The exit status: 0 when the check was made, whatever it found; 2 when it could not start."""
    began = time.time()
    parser = _parser()
    arguments = parser.parse_args(argv)
    if not 0 < arguments.minutes < float("inf"):
        parser.error(f"--minutes {arguments.minutes:g}: expected a number above 0")
    if arguments.pack is not None:
        return _pack(parser, arguments)
    if arguments.work_until is not None:
        from benchmarks.gpu_check import worker

        return worker.work(arguments)
    if reason := _not_writable(arguments.out):
        parser.error(reason)
    from benchmarks.gpu_check import supervisor

    return supervisor.supervise(arguments, began + 60 * arguments.minutes)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks gpu_check", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="all parts together")
    parser.add_argument("--out", type=Path, default=Path("gpu-check"), help="folder of the results")
    parser.add_argument("--data", type=Path, help=".npz of CIFAR-10 for a real run (see --pack)")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, also on a GPU")
    parser.add_argument(
        "--pack",
        type=Path,
        metavar="SOURCE",
        help="only write --data, from a prepared data set (its manifest.json or folder) or from "
        "CIFAR-10 as published (archive, or folder that it is in)",
    )
    # How the command calls itself: the process that works, apart from the one that watches.
    parser.add_argument("--work-until", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--after", help=argparse.SUPPRESS)
    return parser


def _pack(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    from benchmarks.gpu_check import data

    if arguments.data is None:
        parser.error("--pack SOURCE writes a file: name it with --data FILE.npz")
    try:
        print(data.pack(arguments.pack, arguments.data))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return 0


def _not_writable(folder: Path) -> str | None:
    """Why nothing can be written into `folder`, which is made if need be; None if it can."""
    trial = folder / f".trial.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.write_text("")
        trial.unlink()
    except OSError as error:
        return f"--out {folder}: cannot be written to ({error.strerror}); name another folder"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
