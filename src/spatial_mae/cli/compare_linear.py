"""A network beside the closed-form linear MAE: mean kernels, errors, its second-order part."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_rows
from spatial_mae.jacobian.comparison import compare_linear
from spatial_mae.jacobian.inputs import open_images, open_network
from spatial_mae.jacobian.linear_model import fit_linear
from spatial_mae.jacobian.recipe import ComparisonRecipe
from spatial_mae.jacobian.stage import add_network_flags, inputs_of, on_device
from spatial_mae.linear.moments import load_moments
from spatial_mae.provenance import run_record
from spatial_mae.study.recipes import load


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_network_flags(parser)
    parser.add_argument("--moments", type=Path, required=True, help="npz of compute_moments")
    parser.add_argument("--kernels", type=Path, required=True, help="csv to write: mean kernels")
    parser.add_argument("--measures", type=Path, required=True, help="csv to write: numbers")
    arguments = parser.parse_args(argv)
    recipe = load(ComparisonRecipe, arguments.recipe)
    with run_record(arguments, inputs_of(arguments)) as record, on_device(arguments, record) as at:
        network = open_network(arguments.weights, arguments.mask_ratio, at)
        linear = fit_linear(load_moments(arguments.moments), network, recipe)
        sizes, most = network.model.architecture, max(recipe.n_images, recipe.n_errors)
        images = open_images(arguments.images, sizes, recipe.split, most)
        fitted = open_images(arguments.images, sizes, "train", recipe.n_fitted)
        found = compare_linear(network, linear, images, fitted, recipe, arguments.seed)
        write_rows(arguments.kernels, found.kernels)
        write_rows(arguments.measures, found.measures)


if __name__ == "__main__":
    main()
