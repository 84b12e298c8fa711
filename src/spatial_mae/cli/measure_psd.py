"""Power spectra of a data set's training images, of masks, and of the masked images."""

import numpy as np

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear.image_spectrum import PsdRecipe, draw_images, psd_rows


@entry_point(
    reads(manifest="the data set's manifest.json"), recipe(PsdRecipe), paths(psd="csv to write")
)
def main(given: Namespace) -> None:
    recipe = given.recipe
    rng = np.random.default_rng(given.seed)
    images = draw_images(open_dataset(given.manifest).images("train"), recipe, rng)
    rows = psd_rows(images, recipe, rng)
    write_rows(given.psd, [row | {"n_images": len(images)} for row in rows])


if __name__ == "__main__":
    main()
