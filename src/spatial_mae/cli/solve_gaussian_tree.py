"""Level and spatial scale of linear MAEs on a tree of Gaussian latents, in closed form."""

import numpy as np

from spatial_mae.entry_point import Namespace, entry_point, paths, recipe, values
from spatial_mae.files import write_rows
from spatial_mae.hierarchy.gaussian_study import GaussianTreeRecipe, gaussian_rows


@entry_point(
    values(
        int,
        dimensions="1: a row, 2: an image",
        arity="children of a latent",
        depth="levels above the pixels",
    ),
    recipe(GaussianTreeRecipe),
    paths(levels="csv to write"),
)
def main(given: Namespace) -> None:
    rows = gaussian_rows(
        given.recipe, given.dimensions, given.arity, given.depth, np.random.default_rng(given.seed)
    )
    write_rows(given.levels, rows)


if __name__ == "__main__":
    main()
