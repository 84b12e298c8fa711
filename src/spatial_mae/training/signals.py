"""Requests to stop: the loop finishes its step, saves and leaves."""

import signal
import threading
import time
from types import FrameType
from typing import Self

# Sent by Ctrl-C, by `kill` and schedulers, and by schedulers that warn before a time limit.
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
# Wrappers between the terminal and the run may deliver one Ctrl-C twice.
ECHO_SECONDS = 1.0


class StopRequest:
    """Turn SIGINT, SIGTERM and SIGUSR1 into a flag while the block lasts.

    `requested` is False until one of them arrives, `name` then says which ("SIGTERM"). A SIGINT
    a second or more after the first raises KeyboardInterrupt, for a user who cannot wait. The
    former handlers come back at the end of the block. Outside the main thread, where Python allows
    no handlers, the block does nothing and `requested` stays False.
    """

    def __init__(self) -> None:
        self.name: str | None = None
        self._interrupted_at: float | None = None
        self._former: dict[signal.Signals, object] = {}

    @property
    def requested(self) -> bool:
        return self.name is not None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._former = {s: signal.signal(s, self._note) for s in STOPPING}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._former.items():
            # None: set by something other than Python, which cannot be put back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._former = {}

    def _note(self, number: int, _: FrameType | None) -> None:
        self.name = signal.Signals(number).name
        if number == signal.SIGINT:
            now = time.monotonic()
            if self._interrupted_at is None:
                self._interrupted_at = now
            elif now - self._interrupted_at >= ECHO_SECONDS:
                raise KeyboardInterrupt
