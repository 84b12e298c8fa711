"""Gabor responses predicted from the features of linear AE and MAE: test error of every filter."""

from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear.moments import load_moments
from spatial_mae.linear.store import SETTINGS, settings_of
from spatial_mae.tasks.encoders import open_run
from spatial_mae.tasks.gabor import GaborRecipe, predict_gabor


@entry_point(
    reads(
        train_moments="npz behind the solution",
        test_moments="npz of the test images",
        solution="npz of the solved run",
    ),
    SETTINGS,
    recipe(GaborRecipe),
    paths(scores="csv to write"),
)
def main(given: Namespace) -> None:
    run = open_run(given.train_moments, given.solution, settings_of(given))
    write_rows(given.scores, predict_gabor(given.recipe, run, load_moments(given.test_moments)))


if __name__ == "__main__":
    main()
