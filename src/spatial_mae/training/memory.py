"""Memory of training: its peak, and what to do when there is not enough."""

import contextlib
import ctypes
import gc
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
# What PyTorch says on a CPU, CUDA, and cuBLAS where no room is left for its own workspace.
EXHAUSTED = ("DefaultCPUAllocator", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of malloc.h
NEVER = -1


def keep_freed(device: torch.device) -> None:
    """Let the process keep what it frees, so that the next step on a CPU finds it.

    Linux otherwise takes the activations of each step back and clears every page of the next ones:
    a tenth of the time. The peak stays as it is, but the process holds it until it ends. Without
    glibc nothing is done.
    """
    if device.type == "cpu":
        _glibc("mallopt", M_MMAP_MAX, 0)
        _glibc("mallopt", M_TRIM_THRESHOLD, NEVER)


def _glibc(function: str, *arguments: int) -> None:
    """Call a function that only GNU's C library has."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # other systems' libraries
        getattr(ctypes.CDLL(None), function)(*arguments)


class Meter:
    """Peak memory since the meter was made, in bytes.

    On a GPU what PyTorch allocated there (torch.cuda.max_memory_allocated). On the CPU how far the
    resident memory of the process grew, because libraries and data would otherwise hide the
    model: VmHWM, which Linux can reset, minus VmRSS at the start; elsewhere 0.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
            return
        gc.collect()
        _glibc("malloc_trim", 0)  # what an earlier run freed and the process kept
        # Not Linux, or not allowed: VmHWM then includes what was before.
        with contextlib.suppress(OSError):
            CLEAR.write_text("5")  # VmHWM := VmRSS
        self.start = _resident("VmRSS")

    def peak(self) -> int:
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device)
        return max(0, _resident("VmHWM") - self.start)


def _resident(name: str) -> int:
    if not STATUS.exists():
        return 0
    return int(STATUS.read_text().partition(f"{name}:")[2].split()[0]) * 1024


def is_exhausted(error: BaseException) -> bool:
    """Whether an exception means that the device or the machine is out of memory."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return any(phrase in str(error) for phrase in EXHAUSTED)


def release(device: torch.device) -> None:
    """Give cached memory back, so that a smaller attempt finds it."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
