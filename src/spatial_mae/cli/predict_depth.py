"""Depth maps predicted from the features of linear AE and MAE: test error of every readout."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spatial_mae.data.store import open_dataset
from spatial_mae.files import write_rows
from spatial_mae.linear.store import RunSettings
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load
from spatial_mae.tasks.depth import DepthRecipe, predict_depth
from spatial_mae.tasks.encoders import open_run


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="data set with depth maps")
    parser.add_argument("--moments", type=Path, required=True, help="npz behind the solution")
    parser.add_argument("--solution", type=Path, required=True, help="npz of the solved run")
    parser.add_argument("--colour", required=True, help="of the moments: luma, gray or rgb")
    parser.add_argument("--patch-size", type=int, required=True, help="of the solved run")
    parser.add_argument("--centring", required=True, help="of the solved run")
    parser.add_argument("--ridge", type=float, required=True, help="of the solved run")
    parser.add_argument("--flip", choices=["yes", "no"], required=True, help="of the solved run")
    parser.add_argument("--recipe", required=True, help="DepthRecipe as JSON")
    parser.add_argument("--scores", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest, arguments.moments, arguments.solution]):
        settings = RunSettings(
            arguments.patch_size, arguments.centring, arguments.ridge, arguments.flip == "yes"
        )
        recipe = load(DepthRecipe, arguments.recipe)
        run = open_run(arguments.moments, arguments.solution, settings, arguments.colour)
        rng = np.random.default_rng(arguments.seed)
        write_rows(
            arguments.scores, predict_depth(recipe, run, open_dataset(arguments.manifest), rng)
        )


if __name__ == "__main__":
    main()
