"""Processes that torchrun has started, on one machine or several: they join each other here."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import torch

from spatial_mae.training.position import Interrupted
from spatial_mae.training.processes import Group, Processes
from spatial_mae.training.run_folder import RunFolder, open_run


def started() -> int | None:
    """How many processes torchrun started, of which this is one; None without torchrun."""
    return int(os.environ["WORLD_SIZE"]) if "TORCHELASTIC_RUN_ID" in os.environ else None


def join(state: Path, work: Callable[[Processes, RunFolder, torch.device], object]) -> object:
    """work(group, folder, device) in this process; its result in the first one, which returns.

    The first process holds the run folder `state`. The others leave by SystemExit(0) when all are
    done. On a machine with GPUs each takes the one of its LOCAL_RANK. Raises RuntimeError if the
    folder is in use, ValueError if there are too few GPUs.
    """
    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    device = _device(int(os.environ["LOCAL_RANK"]))
    with open_run(state) if rank == 0 else nullcontext(RunFolder(state)) as folder:
        group = Group(rank, size, None, device.type == "cuda")
        try:
            result = work(group, folder, device)
        except Interrupted:
            group.leave()
            raise
        group.leave()
    if rank:
        raise SystemExit(0)
    return result


def _device(local_rank: int) -> torch.device:
    if not torch.cuda.is_available():
        return torch.device("cpu")
    if local_rank >= (count := torch.cuda.device_count()):
        raise ValueError(
            f"process {local_rank} of this machine has no GPU: {count} can be seen; start at most "
            "that many (--nproc-per-node), or show more in CUDA_VISIBLE_DEVICES"
        )
    return torch.device("cuda", local_rank)
