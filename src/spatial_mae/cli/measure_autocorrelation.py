"""Spatial autocorrelation of a data set's images, exactly, from their second moments."""

from spatial_mae.entry_point import Namespace, entry_point, paths, reads, recipe
from spatial_mae.files import write_rows
from spatial_mae.linear.autocorrelation import AutocorrelationRecipe, autocorrelation_rows
from spatial_mae.linear.matrix_free.samples import read_images_or_sums


@entry_point(
    reads(moments="npz of compute_moments"),
    recipe(AutocorrelationRecipe),
    paths(autocorrelation="csv to write"),
)
def main(given: Namespace) -> None:
    rows = autocorrelation_rows(read_images_or_sums(given.moments), given.recipe)
    write_rows(given.autocorrelation, rows)


if __name__ == "__main__":
    main()
