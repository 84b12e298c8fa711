"""What the entry points about Jacobians share: their flags and inputs."""

from argparse import Namespace
from pathlib import Path

import torch

from spatial_mae.entry_point import Flag, flag, paths, recipe
from spatial_mae.evaluation.origin import earlier_epochs
from spatial_mae.jacobian.inputs import Network
from spatial_mae.models.reference import is_reference, sidecar
from spatial_mae.models.tensor_files import shards


def network_flags(declaration: type, default: str | None = None) -> list[Flag]:
    """Flags of the network, the images and the recipe, which has a default or is required."""
    return [
        *paths(
            weights="safetensors of ours, a folder that ViTMAEForPreTraining saved, or a file of "
            "the reference MAE (.pth)",
            images="manifest.json of a data set, or a folder of images of the network's size",
        ),
        *flag("mask_ratio", type=float, help="to measure at; default: as trained"),
        *recipe(declaration, default=default),
        *flag("threads", type=int, default=torch.get_num_threads(), help="of the CPU"),
        *flag("runs_per_gpu", type=int, default=1, help="that may share a GPU"),
    ]


def checkpoints_of(given: Namespace, network: Network, which: str) -> list[Path]:
    """Earlier epochs of the network in `--checkpoints`, see `earlier_epochs`; none without it.

    Raises ValueError if the weights do not say their epoch: then no checkpoint is known as earlier.
    """
    if given.checkpoints is None:
        return []
    if network.epoch is None:
        raise ValueError(
            f"{given.weights} does not say how long it was trained, so that --checkpoints "
            "cannot be put in order; leave it out"
        )
    return earlier_epochs(given.checkpoints, network.epoch, which)


def inputs_of(given: Namespace) -> list[Path]:
    """The files whose hashes the run's record holds."""
    weights = given.weights
    read = list(shards(weights)) if weights.is_dir() else [weights]
    if is_reference(weights):
        read.append(sidecar(weights))
    read += [given.images, getattr(given, "moments", None)]
    return [path for path in read if path and path.is_file()]
