"""Linear AE and MAEs of Ising spins on a chain or a torus, from exact or sampled second moments."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spatial_mae.files import write_rows
from spatial_mae.linear.ising_study import IsingRecipe, ising_tables
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lattice", choices=["chain", "torus"], required=True)
    parser.add_argument("--coupling", type=float, required=True, help="J, in units of temperature")
    parser.add_argument("--patch-size", type=int, required=True, help="spins of a patch's side")
    parser.add_argument("--moment", choices=["exact", "sampled"], required=True)
    parser.add_argument("--recipe", required=True, help="IsingRecipe as JSON")
    parser.add_argument("--weights", type=Path, required=True, help="csv of encoders to write")
    parser.add_argument("--summary", type=Path, required=True, help="csv of measures to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments):
        weights, summary = ising_tables(
            load(IsingRecipe, arguments.recipe),
            arguments.lattice,
            arguments.coupling,
            arguments.patch_size,
            arguments.moment,
            np.random.default_rng(arguments.seed),
        )
        write_rows(arguments.weights, weights)
        write_rows(arguments.summary, summary)


if __name__ == "__main__":
    main()
