"""Several processes of one run: started, watched, stopped together. None outlives the others."""

import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing import connection, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from torch import multiprocessing

from spatial_mae.training.position import Interrupted
from spatial_mae.training.processes import Group
from spatial_mae.training.signals import StopRequest

POLL_SECONDS = 0.2
# What is left of the others once one has failed is killed after this: they may wait for it forever.
GRACE_SECONDS = 15.0
MESSAGE_LENGTH = 10_000


def run_together(count: int, on_gpus: bool, function: Callable, *arguments: object) -> object:
    """Call function(group, *arguments) in `count` new processes; return what the first one's does.

    The function and its arguments are pickled, the result must be of plain values. SIGINT, SIGTERM
    and SIGUSR1 to this process reach all of them as SIGTERM. They end with it, however it ends.

    Raises Interrupted if they left saved, or were asked to stop; RuntimeError if one failed or was
    killed, with its error or signal.
    """
    with tempfile.TemporaryDirectory(prefix="spatial-mae-") as folder, StopRequest() as stop:
        pipes = [get_context("spawn").Pipe(duplex=False) for _ in range(count)]
        senders = [sender for _, sender in pipes]
        store = Path(folder) / "store"
        started = multiprocessing.start_processes(
            _work,
            (count, on_gpus, store, senders, function, arguments),
            nprocs=count,
            join=False,
        )
        watch = _Watch(started.processes, [receiver for receiver, _ in pipes])
        try:
            watch.until_ended(stop)
        finally:
            watch.kill()
    return watch.outcome(stop.requested)


def _work(
    rank: int,
    count: int,
    on_gpus: bool,
    store: Path,
    senders: Sequence[connection.Connection],
    function: Callable,
    arguments: Sequence[object],
) -> None:
    """What one of the processes does: its exit code is 0, 75 (saved, to be continued) or 1."""
    code, message = 0, None
    try:
        group = Group(rank, count, store, on_gpus)
        try:
            message = _Result(function(group, *arguments))
        except Interrupted as stopped:
            code = stopped.code
        group.leave()
    except BaseException as error:  # also a second Ctrl-C: none may wait for this one's exit
        traceback.print_exc()
        code = 1
        message = _Error(time.time(), f"{type(error).__name__}: {error}"[:MESSAGE_LENGTH])
    with suppress(OSError):  # nobody may be left to read it
        senders[rank].send(message)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # an interpreter that tidies up may wait for, or trip over, gloo's threads


class _Result(NamedTuple):
    value: object


class _Error(NamedTuple):
    time: float
    text: str


class _Watch:
    """The processes by rank, what they sent, and which ended badly, in order: rank -> exit code."""

    def __init__(
        self, processes: Sequence[BaseProcess], receivers: Sequence[connection.Connection]
    ) -> None:
        self.processes, self.receivers = processes, receivers
        self.sent: dict[int, _Result | _Error | None] = {}
        self.failed: dict[int, int] = {}

    def until_ended(self, stop: StopRequest) -> None:
        told, deadline = False, float("inf")
        while alive := self._alive():
            connection.wait([process.sentinel for process in alive], POLL_SECONDS)
            self._note()
            if self.failed and deadline == float("inf"):
                deadline = time.monotonic() + GRACE_SECONDS
            if time.monotonic() > deadline:
                return
            if stop.requested and not told:
                told = True
                for process in alive:
                    process.terminate()
        self._note()

    def kill(self) -> None:
        for process in self._alive():
            process.kill()
            process.join()

    def outcome(self, asked: bool) -> object:
        if not self.failed and len(self.processes) == sum(p.exitcode == 0 for p in self.processes):
            return self.sent[0].value
        if asked or os.EX_TEMPFAIL in self.failed.values():
            raise Interrupted
        raise RuntimeError(self._cause())

    def _alive(self) -> list[BaseProcess]:
        return [process for process in self.processes if process.is_alive()]

    def _note(self) -> None:
        for rank, receiver in enumerate(self.receivers):
            if receiver.poll():
                self.sent[rank] = receiver.recv()
        for rank, process in enumerate(self.processes):
            if process.exitcode not in (None, 0):
                self.failed.setdefault(rank, process.exitcode)

    def _cause(self) -> str:
        """What went wrong first. If a process was killed, the others' errors are consequences."""
        killed = {rank: code for rank, code in self.failed.items() if code < 0}
        told = {rank: sent for rank, sent in self.sent.items() if isinstance(sent, _Error)}
        unknown = _Error(float("inf"), "")
        rank = min(killed or self.failed, key=lambda rank: told.get(rank, unknown).time)
        which = f"process {rank} of {len(self.processes)}"
        if (code := self.failed[rank]) < 0:
            name = signal.Signals(-code).name
            hint = " (out of memory?)" if name == "SIGKILL" else ""
            return f"{which} was killed by {name}{hint}; the same command continues the run"
        ended = f"ended with exit code {code}; what it wrote says why"
        return f"{which}: {told[rank].text}" if rank in told else f"{which} {ended}"
