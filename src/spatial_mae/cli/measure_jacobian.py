"""Jacobian of a network's reconstruction: its spatial entropy and its reach, by distance.

For this project's weights, or transformers' ViTMAE weights saved in a folder; images of a data set
of ours, or any folder of images of the network's size.
"""

import json
from pathlib import Path

from spatial_mae.entry_point import Namespace, entry_point, flag
from spatial_mae.files import write_rows
from spatial_mae.jacobian.inputs import open_images, open_network
from spatial_mae.jacobian.linear_model import fit_linear
from spatial_mae.jacobian.measurement import measure_jacobian
from spatial_mae.jacobian.recipe import JacobianRecipe
from spatial_mae.jacobian.stage import checkpoints_of, inputs_of, network_flags
from spatial_mae.linear.moments import load_moments
from spatial_mae.training.workplace import on_device

TABLES = ("summary", "profile", "histogram")
# As in config.yaml, but that a network of any size is measured at a few output pixels.
RECIPE = {
    "n_images": 20,
    "n_outputs": 64,
    "powers": [1, 2],
    "channels": ["sum", "separate"],
    "normalisations": ["no", "visible", "all"],
}


@entry_point(
    network_flags(JacobianRecipe, json.dumps(RECIPE)),
    flag("checkpoints", type=Path, help="folder with epoch-0, as a control"),
    flag("moments", type=Path, help="npz of compute_moments: adds the linear MAE"),
    *(
        flag(table, type=Path, default=Path(f"jacobian_{table}.csv"), help="csv to write")
        for table in TABLES
    ),
    inputs=inputs_of,
    record="jacobian.record.json",
)
def main(given: Namespace) -> None:
    recipe = given.recipe
    with on_device(given) as device:
        network = open_network(given.weights, given.mask_ratio, device)
        images = open_images(
            given.images, network.model.architecture, recipe.split, recipe.n_images
        )
        untrained = linear = None
        for first in checkpoints_of(given, network, "last"):
            untrained = open_network(first, given.mask_ratio, device)
        if given.moments:
            linear = fit_linear(load_moments(given.moments), network, recipe)
        found = measure_jacobian(network, untrained, linear, images, recipe, given.seed)
        for table in TABLES:
            write_rows(getattr(given, table), getattr(found, table))


if __name__ == "__main__":
    main()
