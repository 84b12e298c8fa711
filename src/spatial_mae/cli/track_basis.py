"""Kernels of a few output pixels over training: spread, entropy, difference between images."""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from spatial_mae.files import write_rows
from spatial_mae.jacobian.basis import track_basis
from spatial_mae.jacobian.inputs import open_images, open_network
from spatial_mae.jacobian.linear_model import fit_linear
from spatial_mae.jacobian.recipe import BasisRecipe
from spatial_mae.jacobian.stage import add_network_flags, checkpoints_of, inputs_of, on_device
from spatial_mae.linear.moments import load_moments
from spatial_mae.provenance import run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_network_flags(parser)
    parser.add_argument("--checkpoints", type=Path, help="folder of earlier epochs")
    parser.add_argument("--moments", type=Path, help="npz of compute_moments: adds the linear MAE")
    parser.add_argument("--basis", type=Path, required=True, help="csv to write: numbers")
    parser.add_argument("--kernels", type=Path, required=True, help="csv to write: pictures")
    arguments = parser.parse_args(argv)
    recipe = load(BasisRecipe, arguments.recipe)
    with run_record(arguments, inputs_of(arguments)) as record, on_device(arguments, record) as at:
        network = open_network(arguments.weights, arguments.mask_ratio, at)
        images = open_images(
            arguments.images, network.model.architecture, recipe.split, recipe.n_images
        )
        linear = None
        if arguments.moments:
            linear = fit_linear(load_moments(arguments.moments), network, recipe)
        earlier = checkpoints_of(arguments, network, "all")
        opened = [partial(open_network, path, arguments.mask_ratio, at) for path in earlier]
        opened.append(lambda: network)
        found = track_basis(opened, linear, images, recipe, arguments.seed)
        write_rows(arguments.basis, found.numbers)
        write_rows(arguments.kernels, found.kernels)


if __name__ == "__main__":
    main()
