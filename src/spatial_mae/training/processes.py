"""The processes that work on one run together: each on its part of every batch."""

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

Value = TypeVar("Value")

# A process that dies is noticed by the one that started it; this only bounds a save or a wait.
TIMEOUT = timedelta(hours=2)
LOOPBACK = ("lo", "lo0")  # its name on Linux, on macOS


class Processes:
    """One process alone, which asks nobody: what several do together is here plain work.

    rank: this process's number, from 0; size: how many there are. All of them call the same
    methods in the same order. The first one (rank 0) writes the files.
    """

    rank, size = 0, 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def part(self, n: int) -> slice:
        """This process's part of a batch of `n` images; parts differ by one image at most."""
        return slice(n * self.rank // self.size, n * (self.rank + 1) // self.size)

    def sum(self, values: Tensor) -> Tensor:
        """Sum over the processes, in place: the same bits in each of them."""
        return values

    def any(self, *flags: bool) -> list[bool]:
        """For each flag, whether it is up in any process. Makes no GPU wait."""
        return list(flags)

    def largest(self, value: int) -> int:
        return value

    def first(self, value: Value) -> Value:
        """The value that the first process gives."""
        return value

    def in_turn(self, function: Callable[[], Value]) -> Value:
        """Call `function`, the others once the first has; all go on together."""
        return function()

    def wait(self) -> None:
        """Until all are here."""

    def averaging(self, module: nn.Module) -> nn.Module:
        """`module`, whose backward passes leave the mean over the processes as gradients."""
        return module


class Group(Processes):
    """Several processes on this machine, by torch.distributed: gloo, and NCCL between GPUs.

    They find each other by the file `store` and talk through the loopback device; without a store,
    by what torchrun has put into the environment, and through any device.
    """

    def __init__(self, rank: int, size: int, store: Path | None, on_gpus: bool) -> None:
        self.rank, self.size = rank, size
        place = {}
        if store is not None:
            for name in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"):
                os.environ.setdefault(name, LOOPBACK[sys.platform == "darwin"])
            file = distributed.FileStore(str(store), size)
            place = {"store": file, "rank": rank, "world_size": size}
        backend = "cpu:gloo,cuda:nccl" if on_gpus else "gloo"
        distributed.init_process_group(backend, timeout=TIMEOUT, **place)

    def sum(self, values: Tensor) -> Tensor:
        distributed.all_reduce(values)
        return values

    def any(self, *flags: bool) -> list[bool]:
        raised = torch.tensor(flags, dtype=torch.int32)
        distributed.all_reduce(raised, distributed.ReduceOp.MAX)
        return [bool(flag) for flag in raised]

    def largest(self, value: int) -> int:
        found = torch.tensor(value, dtype=torch.int64)
        distributed.all_reduce(found, distributed.ReduceOp.MAX)
        return int(found)

    def first(self, value: Value) -> Value:
        told = [value]
        distributed.broadcast_object_list(told, src=0, device=torch.device("cpu"))
        return told[0]

    def in_turn(self, function: Callable[[], Value]) -> Value:
        found = function() if self.is_first else None
        self.wait()
        if not self.is_first:
            found = function()
        self.wait()
        return found

    def wait(self) -> None:
        self.any(False)

    def averaging(self, module: nn.Module) -> nn.Module:
        # Gradients are kept where they are averaged, not in memory twice.
        return nn.parallel.DistributedDataParallel(module, gradient_as_bucket_view=True)

    def leave(self) -> None:
        """Once all are here, take the group apart."""
        self.wait()
        distributed.destroy_process_group()


def check_batch(size: int, batch_size: int, n_images: int) -> None:
    """Raise ValueError if a batch has fewer images than there are processes."""
    smallest = min(batch_size, n_images)
    if smallest < size:
        raise ValueError(
            f"a batch of {smallest} images for {size} processes leaves some without: give --nproc "
            f"at most {smallest}, or a larger batch_size or n_train in the recipe"
        )
