"""Power spectra of a data set's training images, of masks, and of the masked images."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spatial_mae.data.store import open_dataset
from spatial_mae.files import write_rows
from spatial_mae.linear.image_spectrum import PsdRecipe, draw_images, psd_rows
from spatial_mae.provenance import add_record_flags, run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="the data set's manifest.json")
    parser.add_argument("--recipe", required=True, help="PsdRecipe as JSON")
    parser.add_argument("--psd", type=Path, required=True, help="csv to write")
    add_record_flags(parser)
    arguments = parser.parse_args(argv)
    with run_record(arguments, [arguments.manifest]):
        recipe = load(PsdRecipe, arguments.recipe)
        rng = np.random.default_rng(arguments.seed)
        images = draw_images(open_dataset(arguments.manifest).images("train"), recipe, rng)
        rows = psd_rows(images, recipe, rng)
        write_rows(arguments.psd, [row | {"n_images": len(images)} for row in rows])


if __name__ == "__main__":
    main()
