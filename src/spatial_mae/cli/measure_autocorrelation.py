"""Spatial autocorrelation of a data set's images, exactly, from their second moments."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_rows
from spatial_mae.linear.autocorrelation import AutocorrelationRecipe, autocorrelation_rows
from spatial_mae.linear.moments import load_moments
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=Path, required=True, help="npz of compute_moments")
    parser.add_argument("--recipe", required=True, help="AutocorrelationRecipe as JSON")
    parser.add_argument("--autocorrelation", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.moments]):
        recipe = load(AutocorrelationRecipe, arguments.recipe)
        rows = autocorrelation_rows(load_moments(arguments.moments), recipe)
        write_rows(arguments.autocorrelation, rows)


if __name__ == "__main__":
    main()
