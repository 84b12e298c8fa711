"""Where a run computes: its state folder, its threads and its device, held while it lasts."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from spatial_mae.training.devices import choose_device, set_threads
from spatial_mae.training.run_folder import RUNNING, WAITING, RunFolder, open_run

SAVE_SECONDS = 60.0


@dataclass(frozen=True)
class Workplace:
    """state: folder of what an interrupted run continues from; threads: of the CPU.

    runs_per_gpu: how many runs may share a GPU, where there is one. save_seconds: of work that a
    killed run loses at most. requeue: whether a run that is told to stop before the time limit of
    its SLURM job puts that job back in the queue.
    """

    state: Path
    threads: int
    runs_per_gpu: int
    save_seconds: float = SAVE_SECONDS
    requeue: bool = False

    @contextmanager
    def occupied(self) -> Iterator[tuple[RunFolder, torch.device]]:
        """Yield the run folder and the device, both held until the block ends.

        Raises RuntimeError if another process works in the folder.
        """
        set_threads(self.threads)
        with (
            open_run(self.state) as folder,
            choose_device(self.runs_per_gpu, lambda: folder.update(state=WAITING)) as device,
        ):
            folder.update(state=RUNNING, device=device_name(device))
            yield folder, device


def device_name(device: torch.device) -> str:
    """For tables: "cpu", or the GPU's model."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def add_workplace_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that `workplace` reads."""
    parser.add_argument("--state", type=Path, required=True, help="folder to continue from")
    parser.add_argument("--threads", type=int, required=True, help="of the CPU")
    parser.add_argument("--runs-per-gpu", type=int, required=True, help="that may share a GPU")
    parser.add_argument(
        "--save-seconds", type=float, default=SAVE_SECONDS, help="of work a killed run may lose"
    )
    parser.add_argument(
        "--requeue",
        action="store_true",
        help="on SIGTERM or SIGUSR1 put the SLURM job this runs in back in the queue",
    )


def workplace(arguments: argparse.Namespace) -> Workplace:
    """The workplace that the flags name."""
    return Workplace(
        arguments.state,
        arguments.threads,
        arguments.runs_per_gpu,
        arguments.save_seconds,
        arguments.requeue,
    )
