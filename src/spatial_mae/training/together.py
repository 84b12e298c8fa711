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
    code, result = 0, None
    try:
        group = Group(rank, count, store, on_gpus)
        try:
            result = function(group, *arguments)
        except Interrupted as stopped:
            code = stopped.code
        group.leave()
    except BaseException as error:  # also a second Ctrl-C: none may wait for this one's exit
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}"[:MESSAGE_LENGTH]
        _send(senders[rank], (time.time(), text))
        sys.stderr.flush()
        os._exit(1)
    if rank == 0:
        _send(senders[rank], result)
    sys.exit(code)


def _send(sender: connection.Connection, message: object) -> None:
    with suppress(OSError):  # nobody is left to read it
        sender.send(message)


class _Watch:
    """The processes by rank, what they sent, and which ended badly, in order: rank -> exit code."""

    def __init__(
        self, processes: Sequence[BaseProcess], receivers: Sequence[connection.Connection]
    ) -> None:
        self.processes, self.receivers = processes, receivers
        self.sent: dict[int, object] = {}
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
            return self.sent[0]
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
        """What went wrong first. The errors of others than a killed one are that they miss it."""
        killed = {rank: code for rank, code in self.failed.items() if code < 0}
        unknown = (float("inf"), "")
        rank = min(killed or self.failed, key=lambda rank: self.sent.get(rank, unknown)[0])
        which = f"process {rank} of {len(self.processes)}"
        if (code := self.failed[rank]) < 0:
            name = signal.Signals(-code).name
            hint = " (out of memory?)" if name == "SIGKILL" else ""
            return f"{which} was killed by {name}{hint}; the same command continues the run"
        ended = f"ended with exit code {code}; what it wrote says why"
        return f"{which}: {self.sent[rank][1]}" if rank in self.sent else f"{which} {ended}"
