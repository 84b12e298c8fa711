"""The gradient of one batch, in micro-batches, with a second chance when memory runs out."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Protocol

import torch
from torch import Tensor, nn

from spatial_mae.training import memory
from spatial_mae.training.execution import Executable
from spatial_mae.training.processes import Processes

ALL = slice(None)
Batch = tuple[Tensor | list, ...]  # of equal length, one entry per image
Make = Callable[[slice], Batch]
Weigh = Callable[[slice], Tensor | int]


class Task(Executable, Protocol):
    """What is learnt: a module, how a batch for it is made, and its loss."""

    module: nn.Module
    n_images: int
    counts_correct: bool

    def groups(self) -> list[dict]:
        """Parameter groups of the optimiser."""

    def forget_memory(self, micro_batch: int | None) -> None:
        """Take micro-batches of that size again, as if memory had never ended."""
        self.micro_batch, self._halved = micro_batch, self._together is not None

    def will_read(self, batches: Iterable[Tensor], epoch: int) -> None:
        """The indices of the micro-batches to come in an epoch, in order.

        Images that are not in memory can be read ahead. A new call replaces the one before.
        """

    def batch(self, indices: Tensor, epoch: int, step: int, part: slice = ALL) -> Batch:
        """Images augmented and masked, and what goes with them: by its arguments alone.

        part: the images wanted of the batch, which come out as they do in the whole of it.
        """

    def weight(self, indices: Tensor, epoch: int, step: int, part: slice = ALL) -> Tensor | int:
        """How many terms the loss of that batch is the mean of: found without making images."""

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """(mean loss, float32, 0 without terms; number of correct answers, or None)."""

    def give_up_compiling(self, error: Exception) -> bool:
        """Compute uncompiled from now on, and say so; False if nothing was compiled."""


class Gradients:
    """Accumulates a task's gradients over micro-batches of `micro_batch` images (None: one).

    Random numbers are those of the whole batch, images are made one micro-batch at a time, and each
    counts by its number of terms: the gradient is the whole batch's up to rounding, and zero
    without terms. Out of memory halves the micro-batch, once.

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
        self._coming: deque[Tensor] = deque()
        self._epoch = 0

    def forget_memory(self, micro_batch: int | None) -> None:
        """Take micro-batches of that size again, as if memory had never ended."""
        self.micro_batch, self._halved = micro_batch, self._together is not None

    def will_read(self, batches: Sequence[Tensor], epoch: int) -> None:
        """The indices of the batches that `of` will be asked for in an epoch, in order."""
        self._coming, self._epoch = deque(batches), epoch
        self._announce()

    def _announce(self) -> None:
        """Announce the micro-batches from the batch in hand on, by their size of now."""
        batches, share = tuple(self._coming), self.processes.part
        parts = (batch[part] for batch in batches for part in self._parts(share(len(batch))))
        self.task.will_read(parts, self._epoch)

    def of(self, indices: Tensor, epoch: int, step: int) -> Tensor:
        """Add the gradients of one step; return its (mean loss, correct answers), float64 (2,).

        Raises RuntimeError if half a micro-batch does not fit into memory either.
        """
        place = indices, epoch, step
        sums = self._within_memory(
            self.processes.part(len(indices)),
            lambda part: self.task.batch(*place, part),
            lambda part: self.task.weight(*place, part),
        )
        if self._coming:
            self._coming.popleft()
        return sums

    def of_batch(self, batch: Batch) -> Tensor:
        """`of`, for a trial on a batch that is made already, whose parts count by their images."""

        def make(part: slice) -> Batch:
            return tuple(values[part] for values in batch)

        return self._within_memory(slice(0, len(batch[0])), make, _length)

    def _parts(self, own: slice) -> list[slice]:
        """The micro-batches of a part of a batch."""
        size = self.micro_batch or _length(own)
        starts = range(own.start, own.stop, size)
        return [slice(start, min(start + size, own.stop)) for start in starts]

    def _within_memory(self, own: slice, make: Make, weigh: Weigh) -> Tensor:
        while (sums := self._attempt(own, make, weigh)) is None:
            self.task.module.zero_grad()
            memory.release(self.device)
            if self._coming:
                self._announce()
        return sums

    def _attempt(self, own: slice, make: Make, weigh: Weigh) -> Tensor | None:
        """None if it is to be made again; nothing of the attempt is then held by a traceback.

        That is where memory ran out, and where a compiled function failed: also its backward pass.
        """
        try:
            return self._accumulate(own, make, weigh)
        except Exception as error:  # the compiler's errors share no base class
            n_images = _length(own)
            if memory.is_exhausted(error):
                self._halve(min(self.micro_batch or n_images, n_images), error)
            elif self._together is not None or not self.task.give_up_compiling(error):
                raise
        return None

    def _accumulate(self, own: slice, make: Make, weigh: Weigh) -> Tensor:
        parts = self._parts(own)
        sums = torch.zeros(2, dtype=torch.float64, device=self.device)
        if self._together is not None:
            return self._accumulate_together(parts, make, weigh, sums)
        if len(parts) == 1:
            self._add(make(parts[0]), None, sums)
            return sums
        weights = [weigh(part) for part in parts]
        whole = sum(weights)
        for part, weight in zip(parts, weights, strict=True):
            self._add(make(part), weight / _some(whole), sums)
        return sums

    def _accumulate_together(
        self, parts: list[slice], make: Make, weigh: Weigh, sums: Tensor
    ) -> Tensor:
        """Every process calls forward and backward, also on a part without terms, whose loss is 0.

        Gradients travel in the last backward pass, as means over the processes: hence times `size`.
        """
        weights = [weigh(part) for part in parts]
        whole = torch.zeros((), dtype=torch.float64, device=self.device) + sum(weights)
        self.processes.sum(whole)
        for number, (part, weight) in enumerate(zip(parts, weights, strict=True), start=1):
            share = (weight / _some(whole)).float()
            with nullcontext() if number == len(parts) else self._together.no_sync():
                loss, correct = self._together(*make(part))
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


def _length(part: slice) -> int:
    return part.stop - part.start


def _some(terms: Tensor | int) -> Tensor | int:
    """At least one term: where no patch or pixel of a batch counts, its shares are 0, not 0 / 0."""
    return terms.clamp(min=1) if isinstance(terms, Tensor) else max(terms, 1)


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
