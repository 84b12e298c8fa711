"""Kernels of a few output pixels over training: spread, entropy, difference between images."""

from functools import partial
from pathlib import Path

from spatial_mae.entry_point import Namespace, entry_point, flag, paths
from spatial_mae.files import write_rows
from spatial_mae.jacobian.basis import track_basis
from spatial_mae.jacobian.inputs import open_images, open_network
from spatial_mae.jacobian.linear_model import fit_linear
from spatial_mae.jacobian.recipe import BasisRecipe
from spatial_mae.jacobian.stage import checkpoints_of, inputs_of, network_flags
from spatial_mae.linear.moments import load_moments
from spatial_mae.training.workplace import on_device


@entry_point(
    network_flags(BasisRecipe),
    flag("checkpoints", type=Path, help="folder of earlier epochs"),
    flag("moments", type=Path, help="npz of compute_moments: adds the linear MAE"),
    paths(basis="csv to write: numbers", kernels="csv to write: pictures"),
    inputs=inputs_of,
)
def main(given: Namespace) -> None:
    recipe = given.recipe
    with on_device(given) as device:
        network = open_network(given.weights, given.mask_ratio, device)
        images = open_images(
            given.images, network.model.architecture, recipe.split, recipe.n_images
        )
        linear = None
        if given.moments:
            linear = fit_linear(load_moments(given.moments), network, recipe)
        earlier = checkpoints_of(given, network, "all")
        opened = [partial(open_network, path, given.mask_ratio, device) for path in earlier]
        opened.append(lambda: network)
        found = track_basis(opened, linear, images, recipe, given.seed)
        write_rows(given.basis, found.numbers)
        write_rows(given.kernels, found.kernels)


if __name__ == "__main__":
    main()
