"""Decompose second moments once, for every mask ratio of a patch size."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.linear.moments import CENTRINGS, load_moments
from spatial_mae.linear.store import RunSettings, solve_run, write_run
from spatial_mae.provenance import add_record_flags, run_record


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=Path, required=True, help="npz of compute_moments")
    parser.add_argument("--patch-size", type=int, required=True, help="pixels on a side")
    parser.add_argument("--centring", choices=CENTRINGS, required=True, help="raw, or mean removed")
    parser.add_argument("--ridge", type=float, required=True, help="as a share of mean(diag S)")
    parser.add_argument("--flip", choices=("yes", "no"), required=True, help="add mirror images")
    parser.add_argument("--solution", type=Path, required=True, help="npz to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.moments]):
        settings = RunSettings(
            arguments.patch_size, arguments.centring, arguments.ridge, arguments.flip == "yes"
        )
        decomposition = solve_run(load_moments(arguments.moments), settings)
        write_run(arguments.solution, settings, decomposition)


if __name__ == "__main__":
    main()
