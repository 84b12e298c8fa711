"""Work spread over threads, results in order, few of them in memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

MOST_THREADS = 8
_threads: int | None = None


def set_threads(count: int) -> None:
    """Let `ordered_map` use `count` threads. Raises ValueError if that is below 1."""
    global _threads
    if count < 1:
        raise ValueError(f"{count} threads: at least 1 is needed")
    _threads = count


def ordered_map(work: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
    """`map(work, jobs)` on several threads; at most two results a thread wait.

    As many as `set_threads` said, else as there are cores for this process, up to 8. For work that
    releases the interpreter lock (numpy, image decoding). The order of the results is that of the
    jobs; an exception of a job is raised when its turn comes.
    """
    n_threads = _threads or min(len(os.sched_getaffinity(0)), MOST_THREADS)
    waiting: deque = deque()
    with ThreadPoolExecutor(n_threads) as pool:
        try:
            for job in jobs:
                waiting.append(pool.submit(work, job))
                if len(waiting) > 2 * n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
