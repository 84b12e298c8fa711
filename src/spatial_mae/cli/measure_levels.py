"""Levels of the information that hidden and visible parts share in a tree, over laws of masks."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spatial_mae.files import write_rows
from spatial_mae.hierarchy.study import LevelsRecipe, level_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dimensions", type=int, required=True, help="1: a row, 2: an image")
    parser.add_argument("--arity", type=int, required=True, help="children of a latent")
    parser.add_argument("--depth", type=int, required=True, help="levels above the observables")
    parser.add_argument("--recipe", required=True, help="LevelsRecipe as JSON")
    parser.add_argument("--levels", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments):
        rows = level_rows(
            load(LevelsRecipe, arguments.recipe),
            arguments.dimensions,
            arguments.arity,
            arguments.depth,
            np.random.default_rng(arguments.seed),
        )
        write_rows(arguments.levels, rows)


if __name__ == "__main__":
    main()
