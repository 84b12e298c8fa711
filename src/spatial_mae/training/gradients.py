"""The gradient of one batch, in micro-batches, with a second chance when memory runs out."""

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Protocol

import torch
from torch import Tensor, nn

from spatial_mae.training import memory
from spatial_mae.training.execution import Executable
from spatial_mae.training.processes import Processes

ALL = slice(None)
Batch = tuple[Tensor, ...]


class Task(Executable, Protocol):
    """What is learnt: a module, how a batch for it is made, and its loss."""

    module: nn.Module
    n_images: int
    counts_correct: bool

    def groups(self) -> list[dict]:
        """Parameter groups of the optimiser."""

    def will_read(self, batches: Sequence[Tensor]) -> None:
        """The indices of the batches to come, in order: images not in memory are read ahead."""

    def batch(self, indices: Tensor, epoch: int, step: int, part: slice = ALL) -> Batch:
        """Tensors of equal length, augmented and masked: a function of its arguments alone.

        part: the images wanted of the batch, which come out as they do in the whole of it.
        """

    def weight(self, batch: Batch) -> Tensor | int:
        """How many terms the loss of this batch is the mean of."""

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """(mean loss, float32, 0 without terms; number of correct answers, or None)."""

    def give_up_compiling(self, error: Exception) -> bool:
        """Compute uncompiled from now on, and say so; False if nothing was compiled."""


class Gradients:
    """Accumulates a task's gradients over micro-batches of `micro_batch` images (None: one).

    The batch is drawn whole and then cut, and a part counts by its number of terms: the gradient is
    the whole batch's but for rounding. Out of memory halves the micro-batch, once.

    Several processes take a part of the batch each, and a micro-batch is one process's; the
    gradients and sums that come out are those of all. Memory must then suffice as it is, since one
    process alone cannot begin a batch again.
    """

    def __init__(
        self,
        task: Task,
        device: torch.device,
        micro_batch: int | None,
        processes: Processes | None = None,
    ) -> None:
        self.task, self.device, self.micro_batch = task, device, micro_batch
        self.processes = processes or Processes()
        self._together = self.processes.averaging(_Loss(task)) if self.processes.size > 1 else None
        self._halved = self._together is not None

    def of(self, indices: Tensor, epoch: int, step: int) -> Tensor:
        """Add the gradients of one step; return its (mean loss, correct answers), float64 (2,).

        Raises RuntimeError if half a micro-batch does not fit into memory either.
        """
        part = self.processes.part(len(indices))
        n_images = part.stop - part.start
        return self._within_memory(n_images, lambda: self.task.batch(indices, epoch, step, part))

    def of_batch(self, batch: Batch) -> Tensor:
        """`of`, for a batch (or this process's part of one) that is made already."""
        return self._within_memory(len(batch[0]), lambda: batch)

    def _within_memory(self, n_images: int, make: Callable[[], Batch]) -> Tensor:
        while (sums := self._attempt(n_images, make)) is None:
            self.task.module.zero_grad()
            memory.release(self.device)
        return sums

    def _attempt(self, n_images: int, make: Callable[[], Batch]) -> Tensor | None:
        """None if it is to be made again; nothing of the attempt is then held by a traceback.

        That is where memory ran out, and where a compiled function failed: also its backward pass.
        """
        try:
            return self._accumulate(make())
        except Exception as error:  # the compiler's errors share no base class
            if memory.is_exhausted(error):
                self._halve(min(self.micro_batch or n_images, n_images), error)
            elif self._together is not None or not self.task.give_up_compiling(error):
                raise
        return None

    def _accumulate(self, batch: Batch) -> Tensor:
        sums = torch.zeros(2, dtype=torch.float64, device=self.device)
        if self._together is not None:
            return self._accumulate_together(batch, sums)
        size = self.micro_batch or len(batch[0])
        if size >= len(batch[0]):
            self._add(batch, None, sums)
            return sums
        whole = self.task.weight(batch)
        for part in zip(*(tensor.split(size) for tensor in batch), strict=True):
            self._add(part, self.task.weight(part) / whole, sums)
        return sums

    def _accumulate_together(self, batch: Batch, sums: Tensor) -> Tensor:
        """Every process calls forward and backward, also on a part without terms, whose loss is 0.

        Gradients travel in the last backward pass, as means over the processes: hence times `size`.
        """
        size = self.micro_batch or len(batch[0])
        parts = list(zip(*(tensor.split(size) for tensor in batch), strict=True))
        own = torch.as_tensor(self.task.weight(batch), dtype=torch.float64, device=self.device)
        whole = self.processes.sum(own.clone())
        for number, part in enumerate(parts, start=1):
            share = (self.task.weight(part) / whole).float()
            with nullcontext() if number == len(parts) else self._together.no_sync():
                loss, correct = self._together(*part)
                (loss * (share * self.processes.size)).backward()
            sums[0] += loss.detach() * share
            if correct is not None:
                sums[1] += correct
        return self.processes.sum(sums)

    def _add(self, part: Batch, share: Tensor | float | None, sums: Tensor) -> None:
        loss, correct = self.task.loss(part)
        loss = loss if share is None else loss * share
        loss.backward()
        sums[0] += loss.detach()
        if correct is not None:
            sums[1] += correct

    def _halve(self, size: int, error: BaseException) -> None:
        if self._halved or size < 2:
            raise RuntimeError(
                f"out of memory on {self.device} with micro-batches of {size} images: set a "
                "smaller micro_batch in the recipe (a divisor of batch_size), let fewer runs share "
                "the device, or more processes share the batch"
            ) from error
        self._halved, self.micro_batch = True, (size + 1) // 2
        print(
            f"out of memory with micro-batches of {size} images: trying {self.micro_batch}",
            file=sys.stderr,
            flush=True,
        )


class _Loss(nn.Module):
    """The loss of a task as a module that shows what is trained: for DistributedDataParallel.

    Frozen parameters and buffers are equal in all processes, and no business of theirs.
    """

    def __init__(self, task: Task) -> None:
        super().__init__()
        trained = [p for p in task.module.parameters() if p.requires_grad]
        self.trained, self.loss = nn.ParameterList(trained), task.loss

    def forward(self, *batch: Tensor) -> tuple[Tensor, Tensor | None]:
        return self.loss(batch)
