"""Minimum losses of the AE and of each MAE, for all numbers of latents."""

from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear.comparison import loss_rows
from spatial_mae.linear.recipe import LinearRecipe
from spatial_mae.linear.store import read_decomposition


@entry_point(
    reads(solution="npz of solve_linear"), recipe(LinearRecipe), paths(losses="csv to write")
)
def main(given: Namespace) -> None:
    decomposition = read_decomposition(given.solution)
    write_rows(given.losses, loss_rows(decomposition, given.recipe))


if __name__ == "__main__":
    main()
