"""Which targets gain from masking: predicted from training moments, measured on test images."""

import numpy as np

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe, values
from spatial_mae.files import write_rows
from spatial_mae.linear.store import SETTINGS, settings_of
from spatial_mae.tasks.agreement import rank_rows
from spatial_mae.tasks.encoders import open_run
from spatial_mae.tasks.masking_gains import GainRecipe, gains_of_targets, target_rows


@entry_point(
    reads(
        manifest="manifest.json of the data",
        moments="npz behind the solution",
        solution="npz of the solved run",
    ),
    values(str, colour="of the moments: luma, gray or rgb"),
    SETTINGS,
    recipe(GainRecipe),
    paths(gains="csv to write: each target", ranks="csv to write: agreement over targets"),
)
def main(given: Namespace) -> None:
    run = open_run(given.moments, given.solution, settings_of(given), given.colour)
    judged = gains_of_targets(given.recipe, run, open_dataset(given.manifest))
    rng = np.random.default_rng(given.seed)
    write_rows(given.gains, target_rows(judged))
    write_rows(given.ranks, rank_rows(judged, given.recipe.n_draws, rng))


if __name__ == "__main__":
    main()
