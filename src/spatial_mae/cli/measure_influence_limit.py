"""Measures of influence in disjoint subsets of the images, and their limits for all n."""

import numpy as np

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, flag, paths, reads, recipe, values
from spatial_mae.files import write_rows
from spatial_mae.linear.colour import COLOURS
from spatial_mae.linear.held_out import choose_ridge
from spatial_mae.linear.influence_limit import (
    InfluenceLimitRecipe,
    check_sizes,
    limit_rows,
    subset_rows,
)
from spatial_mae.linear.moments import CENTRINGS
from spatial_mae.linear.store import RunSettings
from spatial_mae.linear.subsets import merged, subset_moments
from spatial_mae.study.counts import number_of


@entry_point(
    reads(manifest="manifest.json of the data"),
    flag("colour", choices=COLOURS, required=True, help="how pixels become numbers"),
    values(str, n='how many training images, a share such as 25%%, or "all"'),
    values(int, patch_size="pixels on a side"),
    flag("centring", choices=CENTRINGS, required=True, help="raw, or mean removed"),
    flag("flip", choices=("yes", "no"), required=True, help="whether mirror images are added"),
    recipe(InfluenceLimitRecipe),
    paths(limits="csv to write: limits", subsets="csv to write: measures of each subset"),
)
def main(given: Namespace) -> None:
    recipe, images = given.recipe, open_dataset(given.manifest).images("train")
    n = number_of(given.n, len(images))
    rng = np.random.default_rng(given.seed)
    subsets, held = subset_moments(
        images, given.colour, n, 2**recipe.halvings, recipe.held_out, rng
    )
    check_sizes(subsets)
    settings = RunSettings(given.patch_size, given.centring, 0.0, given.flip == "yes")
    whole = subsets
    while len(whole) > 1:
        whole = merged(whole)
    ridge = choose_ridge(whole[0], held, settings, recipe, recipe.ridges)
    rows = subset_rows(
        subsets, RunSettings(given.patch_size, given.centring, ridge, settings.flip), recipe
    )
    write_rows(given.subsets, [row | {"ridge_chosen": ridge} for row in rows])
    write_rows(given.limits, [row | {"ridge_chosen": ridge} for row in limit_rows(rows)])


if __name__ == "__main__":
    main()
