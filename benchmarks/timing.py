"""What every benchmark needs: contenders interleaved, in one process or several, memory, tables."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent


def race(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds of each contender in each round; a round runs all of them, one after another.

    clock: what counts as seconds, those on the wall by default. Other work on the machine slows all
    alike: read ratios within a round, not times.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            start = clock()
            contender()
            seconds[name].append(clock() - start)
    return seconds


class Worker:
    """A contender in a process for itself, where no other's memory or settings change its speed.

    code: Python that defines `step`, of which each call runs one. The process ends with this one.
    """

    def __init__(self, code: str) -> None:
        loop = "import sys\nfor line in sys.stdin:\n    step()\n    print('done', flush=True)"
        command = [sys.executable, "-c", f"{code}\n{loop}"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)

    def __call__(self) -> None:
        """Raises RuntimeError if the process ended."""
        self.process.stdin.write("step\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise RuntimeError("a contender's process ended: its error is above")

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def ratio(seconds: Mapping[str, Sequence[float]], slow: str, fast: str) -> float:
    """How many times faster `fast` is: the median over rounds of the ratio within a round."""
    pairs = zip(seconds[slow], seconds[fast], strict=True)
    return statistics.median(a / b for a, b in pairs)


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def peak_memory(code: str, baseline: str) -> int:
    """Bytes by which running `code` after `baseline` raises the peak of a fresh process.

    Read from /proc, since getrusage counts the parent's peak too. Raises RuntimeError off Linux.
    """
    if not Path("/proc/self/status").exists():
        raise RuntimeError("peak memory is read from /proc/self/status, which only Linux has")
    report = "print(*(line.split()[1] for line in open('/proc/self/status') if 'VmHWM' in line))"
    script = "\n".join([baseline, report, code, report])
    command = [sys.executable, "-c", script]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    before, after = (int(line) for line in answer.stdout.split()[-2:])
    return (after - before) * 1024


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """A markdown table; columns are the union of the rows' keys."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    for row in rows:
        lines.append("| " + " | ".join(_cell(row.get(column, "")) for column in columns) + " |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.3g}"
    return str(value)
