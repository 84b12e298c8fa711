"""Numbers for each statement of the linear theory, by enumeration, search and differences."""

import numpy as np

from spatial_mae.entry_point import Namespace, entry_point, paths, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear.lemmas import LemmaRecipe, lemma_rows


@entry_point(recipe(LemmaRecipe), paths(lemmas="csv to write"))
def main(given: Namespace) -> None:
    rng = np.random.default_rng(given.seed)
    write_rows(given.lemmas, lemma_rows(given.recipe, rng))


if __name__ == "__main__":
    main()
