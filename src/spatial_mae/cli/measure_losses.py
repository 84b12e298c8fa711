"""Minimum losses of the AE and of each MAE, for all numbers of latents."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_rows
from spatial_mae.linear.comparison import loss_rows
from spatial_mae.linear.recipe import LinearRecipe
from spatial_mae.linear.store import read_decomposition
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--solution", type=Path, required=True, help="npz of solve_linear")
    parser.add_argument("--recipe", required=True, help="LinearRecipe as JSON")
    parser.add_argument("--losses", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.solution]):
        recipe = load(LinearRecipe, arguments.recipe)
        decomposition = read_decomposition(arguments.solution)
        write_rows(arguments.losses, loss_rows(decomposition, recipe))


if __name__ == "__main__":
    main()
