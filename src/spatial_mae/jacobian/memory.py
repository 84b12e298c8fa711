"""How many directions of a Jacobian fit into memory at once."""

import weakref
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from spatial_mae.training.memory import is_exhausted, release

LARGEST_CHUNK = 32
"""More directions at once were not faster on a CPU: they leave the cache."""
LARGEST_CHUNK_GPU = 1024
SHARE = 0.5
"""Share of the free memory that is used by default."""
UNKNOWN = 2**30
"""Bytes used where the system does not say what is free."""


class LiveBytes(TorchDispatchMode):
    """Peak bytes of all tensors made inside the context and alive at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self.seen: set[int] = set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        given = [leaf.untyped_storage() for leaf in tree_leaves((args, kwargs)) if _holds(leaf)]
        known = {id(storage) for storage in given}
        for leaf in tree_leaves(result):
            if _holds(leaf) and id(leaf.untyped_storage()) not in known:
                self._add(leaf.untyped_storage())
        return result

    def _add(self, storage: torch.UntypedStorage) -> None:
        if id(storage) in self.seen:
            return
        self.seen.add(id(storage))
        self.live += storage.nbytes()
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self._drop, id(storage), storage.nbytes())

    def _drop(self, key: int, size: int) -> None:
        self.seen.discard(key)
        self.live -= size


def _holds(leaf: object) -> bool:
    """Whether it is a tensor with memory: forward derivatives that are zero have none."""
    return isinstance(leaf, Tensor) and not leaf._is_zerotensor()


def chunk_size(
    trial: Callable[[int], object],
    n_directions: int,
    device: torch.device,
    budget_bytes: int | None = None,
    held_bytes: int = 0,
) -> int:
    """Directions that fit at once, found by running one and two of them; n_directions at most.

    trial(n) computes n directions. `held_bytes` (the result's) come off the budget, by default half
    of the memory that is free; the network, and what it keeps of the image, are held already.

    Raises RuntimeError if not even one direction fits.
    """
    budget = int(SHARE * free_bytes(device)) if budget_bytes is None else budget_bytes
    fix = "give a larger budget_bytes, ask for fewer output pixels, or use a larger machine"
    if held_bytes >= budget:
        raise RuntimeError(
            f"the Jacobian itself takes {held_bytes / 1e6:.3g} MB of a budget of "
            f"{budget / 1e6:.3g} MB, which leaves no room for one direction; {fix}"
        )
    try:
        one, two = (_peak(trial, n) for n in (1, 2))
    except (RuntimeError, MemoryError) as error:
        if not is_exhausted(error):
            raise
        release(device)
        raise RuntimeError(f"memory ran out on one or two directions; {fix}") from error
    each = max(two - one, 1)
    room = budget - held_bytes - one
    if room < 0:
        raise RuntimeError(
            f"one direction of the Jacobian takes {one / 1e6:.3g} MB, and its result "
            f"{held_bytes / 1e6:.3g} MB, of a budget of {budget / 1e6:.3g} MB; {fix}"
        )
    largest = LARGEST_CHUNK if device.type == "cpu" else LARGEST_CHUNK_GPU
    return min(1 + room // each, largest, n_directions)


def free_bytes(device: torch.device) -> int:
    """Memory that is free on a device; on a machine that does not say, 1 GiB."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    table = Path("/proc/meminfo")
    lines = table.read_text().splitlines() if table.exists() else []
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    return found[0] if found else UNKNOWN


def _peak(trial: Callable[[int], object], n: int) -> int:
    with LiveBytes() as meter:
        trial(n)
    return meter.peak
