"""Which device a run works on: the CPU, or one of the visible GPUs.

Matrix products in float32 keep all its digits on a GPU too: TF32, which rounds their factors to 10
bits, is left off (torch's default), because what evaluations measure must not depend on the card.
Training may choose bfloat16, which is faster still.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

from spatial_mae.training.gpu_memory import shares_taken
from spatial_mae.training.gpu_slots import hold_gpus, lock_folder

log = logging.getLogger(__name__)

BUSY = 0.5  # share of a GPU's memory: with more taken by other programs, a run is warned
# What CUDA says where a program has no code for the GPU.
NO_KERNELS = ("no kernel image", "device kernel image is invalid", "PTX was compiled")


@contextmanager
def choose_device(
    runs_per_gpu: int, waiting: Callable[[], None] | None = None
) -> Iterator[torch.device]:
    """Yield the device to train on, held until the block ends or the process dies.

    Without a visible GPU, the CPU. Otherwise one of the GPUs that CUDA_VISIBLE_DEVICES leaves,
    the least loaded first, with at most `runs_per_gpu` runs of this user on it; of equally loaded
    ones that with more free memory. If all are taken, waits, calling `waiting` about every two
    seconds; an exception from it ends the wait.

    Raises ValueError if `runs_per_gpu` is below 1, RuntimeError if this torch cannot use the GPU.
    """
    with choose_devices(1, runs_per_gpu, waiting) as (device,):
        if device.type == "cuda":
            take_gpu(device)
        yield device


@contextmanager
def choose_devices(
    count: int, runs_per_gpu: int, waiting: Callable[[], None] | None = None
) -> Iterator[tuple[torch.device, ...]]:
    """`choose_device` for `count` processes of one run: the CPU for all, or a GPU for each.

    Raises ValueError if `runs_per_gpu` is below 1, or some GPUs are visible but fewer than `count`.
    """
    if runs_per_gpu < 1:
        raise ValueError(f"runs_per_gpu = {runs_per_gpu}: at least 1 run fits on a GPU")
    gpus = visible_gpus()
    if not gpus:
        yield (torch.device("cpu"),) * count
        return
    if len(gpus) < count:
        raise ValueError(
            f"{count} processes need {count} GPUs, but {len(gpus)} can be seen: lower --nproc, or "
            "show more in CUDA_VISIBLE_DEVICES (empty: compute on the CPU)"
        )
    taken = shares_taken(gpus)
    with hold_gpus(count, gpus, runs_per_gpu, lock_folder(), waiting, taken=taken) as indices:
        if runs_per_gpu == 1:  # else its memory may be that of other runs of ours
            _say_what_is_busy(taken, indices)
        yield tuple(torch.device("cuda", index) for index in indices)


def _say_what_is_busy(taken: Sequence[float], chosen: Sequence[int]) -> None:
    """Warn of chosen GPUs that other programs use, and name full ones that were left alone.

    On a chosen one there is no other run of ours; on one left alone there may be.
    """
    busy = {index for index, share in enumerate(taken) if share > BUSY}
    for index in sorted(busy):
        about = f"GPU {index}: {taken[index]:.0%} of its memory is taken"
        if index in chosen:
            log.warning(
                "%s by other programs; it may run out: name a free GPU in CUDA_VISIBLE_DEVICES",
                about,
            )
        else:
            log.info("%s; training on GPU %s", about, ", ".join(map(str, chosen)))


def visible_gpus() -> list[str]:
    """Physical identifier of each GPU torch may use, in torch's order; none without CUDA.

    The order and number follow CUDA_VISIBLE_DEVICES; the identifier does not depend on it: the
    UUID, or the name of a part of a GPU (MIG), whose parts may share the UUID of the whole.
    """
    if torch.cuda.is_available():
        found = [_identifier(index) for index in range(torch.cuda.device_count())]
        return [
            f"{name}-{found[:i].count(name)}" if found.count(name) > 1 else name
            for i, name in enumerate(found)
        ]  # parts that have no name
    if wanted := os.environ.get("CUDA_VISIBLE_DEVICES"):
        log.warning("CUDA_VISIBLE_DEVICES=%s: no usable GPU, training on the CPU", wanted)
    return []


def _identifier(index: int) -> str:
    """Of a GPU, fit for a file's name."""
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    own = wanted[index].strip() if index < len(wanted) else ""
    properties = torch.cuda.get_device_properties(index)
    known = own if own.startswith("MIG-") else getattr(properties, "uuid", None)
    name = known or own or index  # an older torch knows no UUID
    return str(name).replace("/", "-")


def take_gpu(device: torch.device) -> None:
    """Make a GPU the current one, and compute a little on it.

    Raises RuntimeError if this build of torch has no kernels for it, with what to do.
    """
    torch.cuda.set_device(device)
    try:
        _compute_a_little(device)
    except RuntimeError as error:
        if not any(phrase in str(error) for phrase in NO_KERNELS):
            raise
        major, minor = torch.cuda.get_device_capability(device)
        built_for = ", ".join(torch.cuda.get_arch_list()) or "no GPU"
        raise RuntimeError(
            f"{torch.cuda.get_device_name(device)} ({device}) has compute capability "
            f"{major}.{minor} (sm_{major}{minor}), but torch {torch.__version__} here is built for "
            f"{built_for}: install a build of torch for this GPU (https://pytorch.org), or set "
            "CUDA_VISIBLE_DEVICES to another GPU (empty: compute on the CPU)"
        ) from error


def _compute_a_little(device: torch.device) -> None:
    torch.arange(4, device=device).sum().item()


def set_threads(count: int) -> None:
    """Let torch compute with `count` threads. Raises ValueError if that is below 1."""
    if count < 1:
        raise ValueError(f"{count} threads: at least 1 is needed")
    torch.set_num_threads(count)
