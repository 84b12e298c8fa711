"""Power spectrum of patch masks: closed form and average over sampled masks."""

import numpy as np

from spatial_mae.entry_point import Namespace, entry_point, flag, paths, recipe, values
from spatial_mae.files import write_rows
from spatial_mae.linear.spectrum import SpectrumRecipe, spectrum_rows
from spatial_mae.masks.laws import LAWS


@entry_point(
    flag("dimensions", type=int, choices=[1, 2], required=True),
    values(int, patch_size="pixels of a patch's side"),
    flag("sampling", choices=LAWS, required=True),
    recipe(SpectrumRecipe),
    paths(spectrum="csv to write"),
)
def main(given: Namespace) -> None:
    rows = spectrum_rows(
        given.recipe,
        given.dimensions,
        given.patch_size,
        given.sampling,
        np.random.default_rng(given.seed),
    )
    write_rows(given.spectrum, rows)


if __name__ == "__main__":
    main()
