"""How well Lemmas 4 and 5 predict the masked loss of a small non-linear autoencoder."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spatial_mae.files import write_rows
from spatial_mae.linear.taylor import TaylorRecipe, taylor_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", required=True, help="TaylorRecipe as JSON")
    parser.add_argument("--taylor", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments):
        rng = np.random.default_rng(arguments.seed)
        write_rows(arguments.taylor, taylor_rows(load(TaylorRecipe, arguments.recipe), rng))


if __name__ == "__main__":
    main()
