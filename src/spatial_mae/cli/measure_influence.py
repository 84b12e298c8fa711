"""How far influence reaches in the AE, each DAE and each MAE: measures and profiles."""

from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear import comparison
from spatial_mae.linear.matrix_free import comparison as matrix_free
from spatial_mae.linear.matrix_free.run import is_matrix_free, open_run
from spatial_mae.linear.recipe import ComparisonRecipe
from spatial_mae.linear.store import read_run


@entry_point(
    reads(moments="npz of compute_moments", solution="npz of solve_linear"),
    recipe(ComparisonRecipe),
    paths(influence="csv to write: measures", profile="csv to write: by distance"),
)
def main(given: Namespace) -> None:
    if is_matrix_free(given.solution):
        run = open_run(given.moments, given.solution)
        table, profiles = matrix_free.influence_tables(run, given.recipe, given.seed)
    else:
        run = read_run(given.moments, given.solution)
        table, profiles = comparison.influence_tables(run, given.recipe)
    write_rows(given.influence, table)
    write_rows(given.profile, profiles)


if __name__ == "__main__":
    main()
