"""A job puts itself back only where that is right."""

import pytest

from spatial_mae.slurm import requeue
from spatial_mae.slurm.commands import SlurmError


@pytest.mark.parametrize("state", ["RUNNING", "COMPLETING", "CANCELLED", "PREEMPTED"])
def test_only_a_running_job_is_requeued(monkeypatch, state):
    told = []

    def answer(*command):
        told.append(command)
        return f"{state}\n"

    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setattr(requeue, "ask", answer)
    assert state in requeue.requeue_this_job() or state == "RUNNING"
    assert (("scontrol", "requeue", "7") in told) == (state == "RUNNING")


def test_a_refusal_is_told_and_raises_nothing(monkeypatch):
    def refuse(*command):
        raise SlurmError("Requested operation is presently disabled")

    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setattr(requeue, "ask", refuse)
    assert "presently disabled" in requeue.requeue_this_job()


def test_outside_of_slurm_nothing_is_asked(monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    monkeypatch.setattr(requeue, "ask", lambda *_: pytest.fail("asked"))
    assert requeue.requeue_this_job() == "no SLURM job"
