"""How well Lemmas 4 and 5 predict the masked loss of a small non-linear autoencoder."""

import numpy as np

from spatial_mae.entry_point import Namespace, entry_point, paths, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear.taylor import TaylorRecipe, taylor_rows


@entry_point(recipe(TaylorRecipe), paths(taylor="csv to write"))
def main(given: Namespace) -> None:
    rng = np.random.default_rng(given.seed)
    write_rows(given.taylor, taylor_rows(given.recipe, rng))


if __name__ == "__main__":
    main()
