"""Work on threads."""

import threading
import time

import pytest

from spatial_mae.data import workers
from spatial_mae.data.workers import ordered_map, set_threads


def test_results_keep_the_order_of_the_jobs():
    def slow_first(job):
        time.sleep(0.01 * (job == 0))
        return job * job

    assert list(ordered_map(slow_first, range(50))) == [i * i for i in range(50)]


def test_jobs_are_taken_as_results_are_used():
    taken = []
    results = ordered_map(lambda job: job, (taken.append(i) or i for i in range(1000)))
    next(results)
    assert len(taken) < 30
    results.close()


def test_an_exception_comes_through():
    with pytest.raises(ZeroDivisionError):
        list(ordered_map(lambda job: 1 // job, [1, 0, 1]))


@pytest.mark.parametrize("count", [1, 3])
def test_as_many_threads_as_allowed(monkeypatch, count):
    monkeypatch.setattr(workers, "_threads", None)
    set_threads(count)
    together = threading.Barrier(count)

    def meet(job):
        together.wait(timeout=10)
        return threading.get_ident()

    assert len(set(ordered_map(meet, range(4 * count)))) == count


def test_no_thread_is_refused():
    with pytest.raises(ValueError, match="0 threads"):
        set_threads(0)
