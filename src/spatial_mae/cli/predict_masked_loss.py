"""Masked losses of a trained network, predicted by Lemmas 4 to 6 and measured."""

from spatial_mae.entry_point import Namespace, entry_point, paths
from spatial_mae.files import write_rows
from spatial_mae.jacobian.inputs import open_images, open_network
from spatial_mae.jacobian.network_taylor import masked_loss
from spatial_mae.jacobian.recipe import MaskedLossRecipe
from spatial_mae.jacobian.stage import inputs_of, network_flags
from spatial_mae.training.workplace import on_device


@entry_point(network_flags(MaskedLossRecipe), paths(losses="csv to write"), inputs=inputs_of)
def main(given: Namespace) -> None:
    recipe = given.recipe
    with on_device(given) as device:
        network = open_network(given.weights, given.mask_ratio, device)
        images = open_images(
            given.images, network.model.architecture, recipe.split, recipe.n_images
        )
        write_rows(given.losses, masked_loss(network, images, recipe, given.seed))


if __name__ == "__main__":
    main()
