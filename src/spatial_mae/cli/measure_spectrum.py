"""Power spectrum of patch masks: closed form beside the average over sampled masks."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spatial_mae.files import write_rows
from spatial_mae.linear.spectrum import SpectrumRecipe, spectrum_rows
from spatial_mae.masks.laws import LAWS
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dimensions", type=int, choices=[1, 2], required=True)
    parser.add_argument("--patch-size", type=int, required=True, help="pixels of a patch's side")
    parser.add_argument("--sampling", choices=LAWS, required=True)
    parser.add_argument("--recipe", required=True, help="SpectrumRecipe as JSON")
    parser.add_argument("--spectrum", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments):
        rows = spectrum_rows(
            load(SpectrumRecipe, arguments.recipe),
            arguments.dimensions,
            arguments.patch_size,
            arguments.sampling,
            np.random.default_rng(arguments.seed),
        )
        write_rows(arguments.spectrum, rows)


if __name__ == "__main__":
    main()
