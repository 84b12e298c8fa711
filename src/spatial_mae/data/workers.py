"""Work spread over threads, results in order, few of them in memory."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

MOST_THREADS = 8


def ordered_map(work: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
    """`map(work, jobs)` on the cores this process may use; at most two results a thread wait.

    For work that releases the interpreter lock (numpy, image decoding). The order of the results
    is that of the jobs; an exception of a job is raised when its turn comes.
    """
    n_threads = min(len(os.sched_getaffinity(0)), MOST_THREADS)
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
