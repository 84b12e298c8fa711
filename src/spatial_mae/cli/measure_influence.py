"""How far influence reaches in the AE, each DAE and each MAE: measures and profiles."""

from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear.comparison import influence_tables
from spatial_mae.linear.recipe import LinearRecipe
from spatial_mae.linear.store import read_run


@entry_point(
    reads(moments="npz of compute_moments", solution="npz of solve_linear"),
    recipe(LinearRecipe),
    paths(influence="csv to write: measures", profile="csv to write: by distance"),
)
def main(given: Namespace) -> None:
    run = read_run(given.moments, given.solution)
    table, profiles = influence_tables(run, given.recipe)
    write_rows(given.influence, table)
    write_rows(given.profile, profiles)


if __name__ == "__main__":
    main()
