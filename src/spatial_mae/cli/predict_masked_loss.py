"""Masked losses of a trained network, as Lemmas 4 to 6 predict them and as they are."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_rows
from spatial_mae.jacobian.inputs import open_images, open_network
from spatial_mae.jacobian.network_taylor import masked_loss
from spatial_mae.jacobian.recipe import MaskedLossRecipe
from spatial_mae.jacobian.stage import add_network_flags, inputs_of, on_device
from spatial_mae.provenance import run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_network_flags(parser)
    parser.add_argument("--losses", type=Path, required=True, help="csv to write")
    arguments = parser.parse_args(argv)
    recipe = load(MaskedLossRecipe, arguments.recipe)
    with run_record(arguments, inputs_of(arguments)) as record, on_device(arguments, record) as at:
        network = open_network(arguments.weights, arguments.mask_ratio, at)
        images = open_images(
            arguments.images, network.model.architecture, recipe.split, recipe.n_images
        )
        write_rows(arguments.losses, masked_loss(network, images, recipe, arguments.seed))


if __name__ == "__main__":
    main()
