"""GPUs shared between processes by lock files: each run holds a slot. Needs no torch."""

import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from spatial_mae.training.run_folder import try_lock

POLL_SECONDS = 2.0


def lock_folder() -> Path:
    """Folder of this user's locks on this machine, readable by nobody else."""
    folder = Path(tempfile.gettempdir()) / f"spatial-mae-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise RuntimeError(f"{folder} belongs to another user: set TMPDIR to a folder of your own")
    return folder


@contextmanager
def hold_gpus(
    count: int,
    gpus: Sequence[str],
    runs_per_gpu: int,
    folder: Path,
    waiting: Callable[[], None] | None = None,
    poll_seconds: float = POLL_SECONDS,
    taken: Sequence[float] = (),
) -> Iterator[tuple[int, ...]]:
    """Yield the indices in `gpus` of `count` with fewer than `runs_per_gpu` holders, and hold them.

    Each holder has a lock file in `folder`, named by a GPU's identifier and a slot. It takes all at
    once, or waits with none, calling `waiting` before each pause of `poll_seconds`. taken: share of
    each GPU's memory, which decides between equally loaded ones.
    """
    tenths = [round(10 * share) for share in taken or [0.0] * len(gpus)]
    while (held := _take(count, gpus, runs_per_gpu, folder, tenths)) is None:
        if waiting:
            waiting()
        time.sleep(poll_seconds)
    with ExitStack() as stack:
        for handle in held.values():
            stack.enter_context(handle)
        yield tuple(held)


def _take(
    count: int, gpus: Sequence[str], runs_per_gpu: int, folder: Path, tenths: Sequence[int]
) -> dict[int, IO[str]] | None:
    """Take a slot of each of the `count` least loaded GPUs, the first in order among equals.

    tenths: of each GPU's memory, taken; less comes first among equally loaded ones. Returns index
    -> handle, None if fewer have room. One process at a time looks around: counting slots means
    locking them for a moment.
    """
    with (folder / "choosing.lock").open("a+") as choosing:
        fcntl.flock(choosing, fcntl.LOCK_EX)
        loads = [_load(gpu, folder) for gpu in gpus]
        order = sorted(range(len(gpus)), key=lambda index: (loads[index], tenths[index]))
        chosen = order[:count]
        if len(chosen) < count or any(loads[index] >= runs_per_gpu for index in chosen):
            return None
        return {index: _slot(gpus[index], runs_per_gpu, folder) for index in chosen}


def _slot(gpu: str, runs_per_gpu: int, folder: Path) -> IO[str]:
    """A free slot of a GPU that has one."""
    slots = (try_lock(folder / f"gpu-{gpu}.{slot}.lock") for slot in range(runs_per_gpu))
    return next(handle for handle in slots if handle)


def _load(gpu: str, folder: Path) -> int:
    """Number of runs on a GPU, including those started with another `runs_per_gpu`."""
    with ExitStack() as stack:
        handles = [try_lock(path) for path in folder.glob(f"gpu-{gpu}.*.lock")]
        for handle in filter(None, handles):
            stack.enter_context(handle)
        return handles.count(None)
