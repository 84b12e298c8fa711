"""Work on threads."""

import time

import pytest

from spatial_mae.data.workers import ordered_map


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
