"""Gabor responses predicted from the features of linear AE and MAE: test errors, and gains."""

from spatial_mae.data.store import open_dataset
from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear.moments import load_moments
from spatial_mae.linear.store import SETTINGS, settings_of
from spatial_mae.tasks.encoders import open_run
from spatial_mae.tasks.gabor import GaborRecipe, predict_gabor
from spatial_mae.tasks.gabor_gains import gain_rows


@entry_point(
    reads(
        manifest="manifest.json of the data",
        train_moments="npz behind the solution",
        test_moments="npz of the test images",
        solution="npz of the solved run",
    ),
    SETTINGS,
    recipe(GaborRecipe),
    paths(scores="csv to write: errors", gains="csv to write: differences of errors"),
)
def main(given: Namespace) -> None:
    run = open_run(given.train_moments, given.solution, settings_of(given))
    test, images = load_moments(given.test_moments), open_dataset(given.manifest).images("test")
    write_rows(given.scores, predict_gabor(given.recipe, run, test))
    write_rows(given.gains, gain_rows(given.recipe, run, test, images))


if __name__ == "__main__":
    main()
