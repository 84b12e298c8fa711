"""Linear AE and MAEs of Ising spins on a chain or a torus, from exact or sampled second moments."""

import numpy as np

from spatial_mae.entry_point import Namespace, entry_point, flag, paths, recipe, values
from spatial_mae.files import write_rows
from spatial_mae.linear.ising_study import IsingRecipe, ising_tables


@entry_point(
    flag("lattice", choices=["chain", "torus"], required=True),
    values(float, coupling="J, in units of temperature"),
    values(int, patch_size="spins of a patch's side"),
    flag("moment", choices=["exact", "sampled"], required=True),
    recipe(IsingRecipe),
    paths(weights="csv of encoders to write", summary="csv of measures to write"),
)
def main(given: Namespace) -> None:
    weights, summary = ising_tables(
        given.recipe,
        given.lattice,
        given.coupling,
        given.patch_size,
        given.moment,
        np.random.default_rng(given.seed),
    )
    write_rows(given.weights, weights)
    write_rows(given.summary, summary)


if __name__ == "__main__":
    main()
