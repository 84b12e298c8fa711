"""How far influence reaches in the AE, each DAE and each MAE: measures and profiles."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_rows
from spatial_mae.linear.comparison import influence_tables
from spatial_mae.linear.recipe import LinearRecipe
from spatial_mae.linear.store import read_run
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=Path, required=True, help="npz of compute_moments")
    parser.add_argument("--solution", type=Path, required=True, help="npz of solve_linear")
    parser.add_argument("--recipe", required=True, help="LinearRecipe as JSON")
    parser.add_argument("--influence", type=Path, required=True, help="csv to write: measures")
    parser.add_argument("--profile", type=Path, required=True, help="csv to write: by distance")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.moments, arguments.solution]):
        recipe = load(LinearRecipe, arguments.recipe)
        run = read_run(arguments.moments, arguments.solution)
        table, profiles = influence_tables(run, recipe)
        write_rows(arguments.influence, table)
        write_rows(arguments.profile, profiles)


if __name__ == "__main__":
    main()
