"""Memory of training: its peak, and what to do when there is not enough."""

import contextlib
import gc
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
# What PyTorch says on a CPU, CUDA, and cuBLAS where no room is left for its own workspace.
EXHAUSTED = ("DefaultCPUAllocator", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


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
