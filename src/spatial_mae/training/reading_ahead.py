"""What will be asked for next, read by a thread meanwhile."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import numpy as np

Found = TypeVar("Found")


class ReadAhead(Generic[Found]):
    """Answers requests, int64 arrays; those announced are read by a thread, one ahead.

    prepare(request): called by the thread that asks or announces; it returns what reads, which the
    other thread may call. What that raises reaches whoever asks. Not for use by several threads.
    """

    def __init__(self, prepare: Callable[[np.ndarray], Callable[[], Found]], name: str) -> None:
        self._prepare = prepare
        self._thread = ThreadPoolExecutor(1, name)
        self._coming: Iterator[np.ndarray] = iter(())
        self._ahead: tuple[np.ndarray, Future[Found]] | None = None

    def will_read(self, requests: Iterable[np.ndarray]) -> None:
        """Announce what will be asked for, in this order, in place of what was announced before.

        Other requests in between are answered too, without the thread's help.
        """
        self._coming = iter(requests)
        self._read_next()

    def get(self, request: np.ndarray) -> Found:
        """The answer to a request. Two answers at most are in memory: this one and the next."""
        if self._ahead is None or not np.array_equal(self._ahead[0], request):
            return self._prepare(request)()
        found = self._ahead[1].result()
        self._read_next()
        return found

    def close(self) -> None:
        """Read nothing more; wait until the thread has ended."""
        self._coming, self._ahead = iter(()), None
        self._thread.shutdown(cancel_futures=True)

    def _read_next(self) -> None:
        if self._ahead is not None:
            self._ahead[1].cancel()
        request = next(self._coming, None)
        reading = request is not None and self._thread.submit(self._prepare(request))
        self._ahead = (request, reading) if reading else None
