"""The process that watches the one that works: a part that hangs or dies does not end the check.

Standard library alone. The worker writes into gpu-check.json which part is at work and until when.
A worker that outlives that is killed; after a dead worker another one continues with the next part.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import SOURCE

SHARES = {"correctness": 17, "robustness": 13, "race": 20, "throughput": 22, "real_run": 28}
"""Of the time; what a part leaves is shared by those after it."""
RUNNING = "running"
GRACE = 20.0
"""Seconds that a part may take over its share before its process is killed."""
POLL = 0.5
DUMPING = 5.0
"""Seconds to write down where a hanging process was."""
STARTING = 120.0
"""Seconds that a worker may take to import torch and find the GPU."""
USAGE = 2
LOG = "gpu-check.log"
FILES = ("gpu-check.json", "gpu-check.md", LOG, "history.csv")
FILES += ("encoder.safetensors", "decoder.safetensors")
SEALS = ".*.sha256"
"""Checksums that are written beside what a workflow reads: nothing here."""


def supervise(arguments: argparse.Namespace, ends: float) -> int:
    """Run all parts until `ends`, in seconds since 1970; return the exit status.

    A worker that ends with status 2 has refused to start: so does this. Of an earlier check in the
    same folder nothing is left.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    for name in FILES:
        (arguments.out / name).unlink(missing_ok=True)
    try:
        return _supervise(arguments, ends, arguments.out / FILES[0])
    finally:
        for seal in arguments.out.glob(SEALS):
            seal.unlink()


def _supervise(arguments: argparse.Namespace, ends: float, report: Path) -> int:
    after = None
    while True:
        try:
            status = _watch(_start(arguments, ends, after), report, ends)
        except KeyboardInterrupt:
            return 128 + signal.SIGINT
        if status in (0, USAGE):
            return status
        last = _record(report, status)
        print(f"the process at work ended with status {status} after {last}", flush=True)
        if last and time.time() > ends:
            _leave_out_the_rest(report, ends)
            return 0
        if last == after:  # this one began no part: another would not either
            return 1
        after = last


def _leave_out_the_rest(report: Path, ends: float) -> None:
    """The report says of the parts that were not begun that there was no time."""
    from benchmarks.gpu_check.report import write

    content = json.loads(report.read_text(encoding="utf-8"))
    for name in [name for name in SHARES if name not in content["parts"]]:
        note = "left out: the time was over before it could begin"
        print(f"{name}: {note}", flush=True)
        content["parts"][name] = {"title": "not begun", "status": "left out", "ends": ends}
        content["parts"][name] |= {"began": ends, "seconds": 0.0, "tables": {}, "notes": [note]}
        content["parts"][name] |= {"kept": {}, "error": None}
    write(report.parent, content)


def _start(arguments: argparse.Namespace, ends: float, after: str | None) -> subprocess.Popen:
    command = [sys.executable, "-m", "benchmarks", "gpu_check", "--work-until", str(ends)]
    command += ["--out", str(arguments.out)]
    command += ["--data", str(arguments.data)] if arguments.data else []
    command += ["--quick"] if arguments.quick else []
    command += ["--after", after] if after else []
    paths = [str(SOURCE), str(SOURCE.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    path = os.pathsep.join(dict.fromkeys(filter(None, paths)))
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path})


def _watch(worker: subprocess.Popen, report: Path, ends: float) -> int:
    """The worker's exit status; it is killed once its part is over and does not end."""
    began = time.time()
    try:
        while worker.poll() is None:
            if time.time() > _limit(report, began, ends) + GRACE:
                worker.send_signal(signal.SIGABRT)  # writes into the log where it was
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.wait(DUMPING)
                worker.kill()
            time.sleep(POLL)
    finally:
        worker.kill()
        worker.wait()
    return worker.returncode


def _limit(report: Path, began: float, ends: float) -> float:
    """Until when the worker may take, by the part it is at, or between parts by the last one."""
    parts = _parts(report)
    running = [part["ends"] for part in parts.values() if part["status"] == RUNNING]
    if running:
        return max(running)
    return min(ends, max([began + STARTING, *(part["ends"] for part in parts.values())]))


def _parts(report: Path) -> dict[str, dict]:
    try:
        return json.loads(report.read_text(encoding="utf-8"))["parts"]
    except (OSError, ValueError, KeyError):
        return {}


def _record(report: Path, status: int) -> str | None:
    """The part that was begun last, None if none was; the report says that it died, if it did."""
    parts = _parts(report)
    if not parts:
        return None
    name, part = list(parts.items())[-1]
    if part["status"] == RUNNING:
        from benchmarks.gpu_check.report import write

        late = time.time() > part["ends"]
        part["status"] = "killed: over its time" if late else "died"
        part["error"] = f"its process ended with status {status} (below 0: a signal); see {LOG}"
        part["seconds"] = round(time.time() - part["began"], 1)
        header = json.loads(report.read_text(encoding="utf-8"))["header"]
        write(report.parent, {"header": header, "parts": parts})
    return name
