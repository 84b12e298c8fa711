"""Gabor responses predicted from the features of linear AE and MAE: test error of every filter."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_rows
from spatial_mae.linear.moments import load_moments
from spatial_mae.linear.store import RunSettings
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.tasks.encoders import open_run
from spatial_mae.tasks.gabor import GaborRecipe, predict_gabor


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train-moments", type=Path, required=True, help="npz behind the solution")
    parser.add_argument("--test-moments", type=Path, required=True, help="npz of the test images")
    parser.add_argument("--solution", type=Path, required=True, help="npz of the solved run")
    parser.add_argument("--patch-size", type=int, required=True, help="of the solved run")
    parser.add_argument("--centring", required=True, help="of the solved run")
    parser.add_argument("--ridge", type=float, required=True, help="of the solved run")
    parser.add_argument("--flip", choices=["yes", "no"], required=True, help="of the solved run")
    parser.add_argument("--recipe", required=True, help="GaborRecipe as JSON")
    parser.add_argument("--scores", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    inputs = [arguments.train_moments, arguments.test_moments, arguments.solution]
    with run_record(arguments, inputs):
        settings = RunSettings(
            arguments.patch_size, arguments.centring, arguments.ridge, arguments.flip == "yes"
        )
        recipe = load(GaborRecipe, arguments.recipe)
        run = open_run(arguments.train_moments, arguments.solution, settings)
        write_rows(
            arguments.scores, predict_gabor(recipe, run, load_moments(arguments.test_moments))
        )


if __name__ == "__main__":
    main()
