"""Jacobian of a network's reconstruction: its spatial entropy and its reach, by distance.

For this project's weights, or transformers' ViTMAE weights saved in a folder; images of a data set
of ours, or any folder of images of the network's size.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from spatial_mae.files import write_rows
from spatial_mae.jacobian.inputs import open_images, open_network
from spatial_mae.jacobian.linear_model import fit_linear
from spatial_mae.jacobian.measurement import measure_jacobian
from spatial_mae.jacobian.recipe import JacobianRecipe
from spatial_mae.jacobian.stage import add_network_flags, checkpoints_of, inputs_of, on_device
from spatial_mae.linear.moments import load_moments
from spatial_mae.provenance import run_record
from spatial_mae.study.recipes import load

# As in config.yaml, but that a network of any size is measured at a few output pixels.
RECIPE = {
    "n_images": 20,
    "n_outputs": 64,
    "powers": [1, 2],
    "channels": ["sum", "separate"],
    "normalisations": ["no", "visible", "all"],
}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_network_flags(parser, json.dumps(RECIPE), "jacobian.record.json")
    parser.add_argument("--checkpoints", type=Path, help="folder with epoch-0, as a control")
    parser.add_argument("--moments", type=Path, help="npz of compute_moments: adds the linear MAE")
    for table in ("summary", "profile", "histogram"):
        default = Path(f"jacobian_{table}.csv")
        parser.add_argument(f"--{table}", type=Path, default=default, help="csv to write")
    arguments = parser.parse_args(argv)
    recipe = load(JacobianRecipe, arguments.recipe)
    with run_record(arguments, inputs_of(arguments)) as record, on_device(arguments, record) as at:
        network = open_network(arguments.weights, arguments.mask_ratio, at)
        images = open_images(
            arguments.images, network.model.architecture, recipe.split, recipe.n_images
        )
        untrained = linear = None
        for first in checkpoints_of(arguments, network, "last"):
            untrained = open_network(first, arguments.mask_ratio, at)
        if arguments.moments:
            linear = fit_linear(load_moments(arguments.moments), network, recipe)
        found = measure_jacobian(network, untrained, linear, images, recipe, arguments.seed)
        write_rows(arguments.summary, found.summary)
        write_rows(arguments.profile, found.profile)
        write_rows(arguments.histogram, found.histogram)


if __name__ == "__main__":
    main()
