"""What the entry points about Jacobians share: their flags, inputs and device."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from spatial_mae.evaluation.origin import earlier_epochs
from spatial_mae.jacobian.inputs import Network
from spatial_mae.provenance import add_record_flags
from spatial_mae.training.devices import choose_device, set_threads
from spatial_mae.training.workplace import device_name


def add_network_flags(
    parser: argparse.ArgumentParser, recipe: str | None = None, record: str | None = None
) -> None:
    """Flags of the network and the images; `recipe` and `record` where they are not required."""
    parser.add_argument(
        "--weights",
        type=Path,
        required=True,
        help="safetensors of ours, or a folder that ViTMAEForPreTraining.save_pretrained wrote",
    )
    parser.add_argument(
        "--images",
        type=Path,
        required=True,
        help="manifest.json of a data set, or a folder of images of the network's size",
    )
    parser.add_argument("--mask-ratio", type=float, help="to measure at; default: as trained")
    parser.add_argument("--recipe", default=recipe, required=recipe is None, help="as JSON")
    threads = torch.get_num_threads()
    parser.add_argument("--threads", type=int, default=threads, help="of the CPU")
    parser.add_argument("--runs-per-gpu", type=int, default=1, help="that may share a GPU")
    add_record_flags(parser, Path(record) if record else None)


def checkpoints_of(arguments: argparse.Namespace, network: Network, which: str) -> list[Path]:
    """Earlier epochs of the network in `--checkpoints`, see `earlier_epochs`; none without it.

    Raises ValueError if the weights do not say their epoch: then no checkpoint is known as earlier.
    """
    if arguments.checkpoints is None:
        return []
    if network.epoch is None:
        raise ValueError(
            f"{arguments.weights} does not say how long it was trained, so that --checkpoints "
            "cannot be put in order; leave it out"
        )
    return earlier_epochs(arguments.checkpoints, network.epoch, which)


def inputs_of(arguments: argparse.Namespace) -> list[Path]:
    """The files whose hashes the run's record holds."""
    given = [arguments.weights, arguments.images, getattr(arguments, "moments", None)]
    inside = [path / "model.safetensors" if path and path.is_dir() else path for path in given]
    return [path for path in inside if path and path.is_file()]


@contextmanager
def on_device(arguments: argparse.Namespace, record: dict) -> Iterator[torch.device]:
    """The device to compute on, as `training.devices.choose_device`, noted in the record."""
    set_threads(arguments.threads)
    with choose_device(arguments.runs_per_gpu) as device:
        record["device"] = device_name(device)
        yield device
