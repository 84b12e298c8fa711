"""Depth maps predicted from the features of linear AE and MAE: test error of every readout."""

import numpy as np

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.files import write_rows
from spatial_mae.linear.store import SETTINGS, settings_of
from spatial_mae.tasks.depth import DepthRecipe, predict_depth
from spatial_mae.tasks.encoders import open_run


@entry_point(
    reads(
        manifest="data set with depth maps",
        moments="npz behind the solution",
        solution="npz of the solved run",
    ),
    values(str, colour="of the moments: luma, gray or rgb"),
    SETTINGS,
    recipe(DepthRecipe),
    paths(scores="csv to write"),
)
def main(given: Namespace) -> None:
    run = open_run(given.moments, given.solution, settings_of(given), given.colour)
    rng = np.random.default_rng(given.seed)
    write_rows(given.scores, predict_depth(given.recipe, run, open_dataset(given.manifest), rng))


if __name__ == "__main__":
    main()
