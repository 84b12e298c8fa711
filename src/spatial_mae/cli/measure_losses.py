"""Minimum losses of the AE and of each MAE, for all numbers of latents."""

from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear import comparison
from spatial_mae.linear.matrix_free import comparison as matrix_free
from spatial_mae.linear.matrix_free.run import is_matrix_free, open_run
from spatial_mae.linear.recipe import ComparisonRecipe
from spatial_mae.linear.store import read_decomposition


@entry_point(
    reads(moments="npz of compute_moments", solution="npz of solve_linear"),
    recipe(ComparisonRecipe),
    paths(losses="csv to write"),
)
def main(given: Namespace) -> None:
    if is_matrix_free(given.solution):
        run = open_run(given.moments, given.solution)
        rows = matrix_free.loss_rows(run, given.recipe, given.seed)
    else:
        rows = comparison.loss_rows(read_decomposition(given.solution), given.recipe)
    write_rows(given.losses, rows)


if __name__ == "__main__":
    main()
