"""Which precision a run computes in: named by the recipe, or measured at its start."""

import statistics
import time
from collections.abc import Callable

import torch

GAIN_WORTH_TAKING = 1.2


def faster_precision(run: Callable[[str], None], device: torch.device, rounds: int = 3) -> str:
    """The name "bfloat16" if it makes `run` at least 1.2 times as fast as float32, else "float32".

    run(precision): one forward and backward pass. The two take turns; the first turn warms up. On
    the CPU processor time counts, which other processes disturb less than time on the wall.
    """
    on_gpu = device.type == "cuda"
    clock = time.perf_counter if on_gpu else time.process_time
    seconds: dict[str, list[float]] = {"float32": [], "bfloat16": []}
    for turn in range(rounds + 1):
        for precision, times in seconds.items():
            start = clock()
            run(precision)
            if on_gpu:
                torch.cuda.synchronize(device)
            if turn:
                times.append(clock() - start)
    gain = statistics.median(seconds["float32"]) / statistics.median(seconds["bfloat16"])
    return "bfloat16" if gain >= GAIN_WORTH_TAKING else "float32"
