"""Compare a network with the closed-form linear MAE: mean kernels, errors, second-order part."""

from spatial_mae.entry_point import Namespace, entry_point, paths
from spatial_mae.files import write_rows
from spatial_mae.jacobian.comparison import compare_linear
from spatial_mae.jacobian.inputs import open_images, open_network
from spatial_mae.jacobian.linear_model import fit_linear
from spatial_mae.jacobian.recipe import ComparisonRecipe
from spatial_mae.jacobian.stage import inputs_of, network_flags
from spatial_mae.linear.moments import load_moments
from spatial_mae.training.workplace import on_device


@entry_point(
    network_flags(ComparisonRecipe),
    paths(
        moments="npz of compute_moments",
        kernels="csv to write: mean kernels",
        measures="csv to write: numbers",
    ),
    inputs=inputs_of,
)
def main(given: Namespace) -> None:
    recipe = given.recipe
    with on_device(given) as device:
        network = open_network(given.weights, given.mask_ratio, device)
        linear = fit_linear(load_moments(given.moments), network, recipe)
        sizes, most = network.model.architecture, max(recipe.n_images, recipe.n_errors)
        images = open_images(given.images, sizes, recipe.split, most)
        fitted = open_images(given.images, sizes, "train", recipe.n_fitted)
        found = compare_linear(network, linear, images, fitted, recipe, given.seed)
        write_rows(given.kernels, found.kernels)
        write_rows(given.measures, found.measures)


if __name__ == "__main__":
    main()
