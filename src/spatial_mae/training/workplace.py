"""Where a run computes: its state folder, processes, threads and devices, held while it lasts."""

import os
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from spatial_mae.entry_point import flag, paths, values
from spatial_mae.training import torchrun
from spatial_mae.training.devices import choose_device, choose_devices, set_threads, take_gpu
from spatial_mae.training.processes import Processes
from spatial_mae.training.run_folder import RUNNING, WAITING, RunFolder, open_run
from spatial_mae.training.together import run_together

SAVE_SECONDS = 60.0
DEVICE = values(int, threads="of the CPU, of all processes", runs_per_gpu="that may share a GPU")
WORKPLACE = [
    *paths(state="folder to continue from"),
    *DEVICE,
    *flag("save_seconds", type=float, default=SAVE_SECONDS, help="of work a killed run may lose"),
    *flag("nproc", type=int, default=1, help="processes that share the work, one on each GPU"),
    *flag(
        "requeue",
        action="store_true",
        help="on SIGTERM or SIGUSR1 put the SLURM job this runs in back in the queue",
    ),
]


@dataclass(frozen=True)
class Site:
    """What one process of a run works with.

    device_name: of all processes' devices, for tables. save_seconds, requeue: as in `Workplace`.
    """

    folder: RunFolder
    device: torch.device
    device_name: str
    processes: Processes
    save_seconds: float
    requeue: bool


@dataclass(frozen=True)
class Workplace:
    """state: folder of what an interrupted run continues from; threads: of the CPU.

    runs_per_gpu: how many runs may share a GPU, where there is one. save_seconds: of work that a
    killed run loses at most. processes: how many work on the run, each on its own GPU where
    there are any, and with its share of the threads. requeue: whether a run that is asked to stop
    before the time limit of its SLURM job puts that job back in the queue.
    """

    state: Path
    threads: int
    runs_per_gpu: int
    save_seconds: float = SAVE_SECONDS
    processes: int = 1
    requeue: bool = False

    def __post_init__(self) -> None:
        """Under torchrun `processes` becomes the number it started, if it is left at 1.

        Raises ValueError if there is no process, or torchrun started another number.
        """
        if self.processes < 1:
            raise ValueError(f"{self.processes} processes (--nproc): at least 1 is needed")
        started = torchrun.started() or self.processes
        if self.processes not in (1, started):
            raise ValueError(
                f"torchrun started {started} processes, --nproc says {self.processes}: leave it "
                "out, or give it without torchrun; the processes are then started from here"
            )
        object.__setattr__(self, "processes", started)

    def work(self, function: Callable, *arguments: object) -> object:
        """function(site, *arguments) with the run folder and the devices held until it returns.

        With several processes each calls it, in its own interpreter, and the first one's
        result comes back: the function and its arguments must be picklable. Raises RuntimeError if
        another process works in the folder, and what `function` raises; ValueError if there are
        too few GPUs.
        """
        if torchrun.started():
            return torchrun.join(self.state, lambda *own: self._share(*own, function, arguments))
        set_threads(self.threads)
        with open_run(self.state) as folder:
            if self.processes > 1:
                return self._work_together(folder, function, arguments)
            with choose_device(self.runs_per_gpu, lambda: folder.update(state=WAITING)) as device:
                name = device_name(device)
                folder.update(state=RUNNING, device=name)
                site = Site(folder, device, name, Processes(), self.save_seconds, self.requeue)
                return function(site, *arguments)

    def _work_together(
        self, folder: RunFolder, function: Callable, arguments: tuple[object, ...]
    ) -> object:
        count = self.processes

        def waiting() -> None:
            folder.update(state=WAITING)

        with choose_devices(count, self.runs_per_gpu, waiting) as devices:
            folder.update(state=RUNNING, device=f"{count} x {device_name(devices[0])}")
            on_gpus = devices[0].type == "cuda"
            try:
                return run_together(
                    count, on_gpus, _work_at_site, self, devices, function, arguments
                )
            finally:
                folder.reread()

    def _share(
        self,
        processes: Processes,
        folder: RunFolder,
        device: torch.device,
        function: Callable,
        arguments: tuple[object, ...],
    ) -> object:
        """What each of several processes does."""
        set_threads(max(1, self.threads // processes.size))
        if device.type == "cuda":
            take_gpu(device)
        name = folder.status["device"] = f"{processes.size} x {device_name(device)}"
        site = Site(folder, device, name, processes, self.save_seconds, self.requeue)
        return function(site, *arguments)


def _work_at_site(
    processes: Processes,
    workplace: Workplace,
    devices: tuple[torch.device, ...],
    function: Callable,
    arguments: tuple[object, ...],
) -> object:
    """What each of the processes started here does."""
    folder = RunFolder(workplace.state, os.getppid())
    device = devices[processes.rank]
    return workplace._share(processes, folder, device, function, arguments)


def device_name(device: torch.device) -> str:
    """For tables: "cpu", or the GPU's model."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def workplace(given: Namespace) -> Workplace:
    """The workplace that the flags WORKPLACE name."""
    return Workplace(
        given.state,
        given.threads,
        given.runs_per_gpu,
        given.save_seconds,
        given.nproc,
        given.requeue,
    )


@contextmanager
def on_device(given: Namespace) -> Iterator[torch.device]:
    """The device that the flags DEVICE name, as `choose_device`, noted in the run's record."""
    set_threads(given.threads)
    with choose_device(given.runs_per_gpu) as device:
        given.notes["device"] = device_name(device)
        yield device
