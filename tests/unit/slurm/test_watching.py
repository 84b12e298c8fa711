"""Answers to the executor plugin under which it does not wait forever."""

import asyncio
import logging

import pytest

from spatial_mae.slurm import watching
from spatial_mae.slurm.commands import SlurmError

COMMAND = "squeue --format='%i|%T' --states=all --noheader --name run-7"


@pytest.fixture
def look(monkeypatch):
    """Look at the queue once: `look(states, reasons)`; what SLURM was told is in `look.told`."""
    current: dict = {}
    refusals: set = set()

    def answer(*command):
        look.told.append(command)
        if command[:2] in refusals or command[0] in refusals:
            raise SlurmError("not permitted")
        if command[0] == "squeue":
            assert "--name=run-7" in command
            return "".join(f"{n}|{reason}\n" for n, reason in current["reasons"].items())
        return ""

    async def query(command, logger):
        return current["states"], 0.1

    mended = watching.watched(query)

    def look(states, reasons=None):
        current.update(states=states, reasons=reasons or {})
        return asyncio.run(mended(COMMAND, logging.getLogger("test")))[0]

    look.told, look.refusals = [], refusals
    monkeypatch.setattr(watching, "ask", answer)
    return look


def test_ordinary_states_pass(look):
    states = {"1": "RUNNING", "2": "COMPLETED", "3": "TIMEOUT"}
    assert look(states) == states and look.told == []


def test_a_failed_query_passes(look):
    assert look(None) is None


def test_sacct_says_by_whom_a_job_was_cancelled(look):
    assert look({"1": "CANCELLED by 1000"}) == {"1": "CANCELLED"}


@pytest.mark.parametrize("state", ["PREEMPTED", "NODE_FAIL"])
def test_a_lost_job_is_requeued_and_failed_where_that_is_refused(look, state):
    assert look({"1": state}) == {"1": "PENDING"}
    assert look.told == [("scontrol", "requeue", "1")]
    look.refusals.add("scontrol")
    assert look({"1": state}) == {"1": "CANCELLED"}


@pytest.mark.parametrize(
    "reason",
    [
        "PartitionTimeLimit",
        "QOSMaxGRESPerJob",
        "AssocMaxCpuPerJobLimit",
        "BadConstraints",
        "Job's account not known, so it can't use this partition (closed allows nobody)",
    ],
)
def test_a_job_that_can_never_start_is_cancelled_with_the_reason(look, caplog, reason):
    states = {"1": "PENDING", "2": "RUNNING"}
    assert look(states, {"1": reason}) == {"1": "CANCELLED", "2": "RUNNING"}
    assert ("scancel", "1") in look.told and reason in caplog.text


def test_other_waits_are_left_alone_and_told_once_where_they_are_odd(look, caplog):
    reasons = {"1": "Priority", "2": "ReqNodeNotAvail, Reserved for maintenance"}
    states = dict.fromkeys(reasons, "PENDING")
    assert look(states, reasons) == states == look(states, reasons)
    assert [r.message for r in caplog.records if r.levelno == logging.WARNING] == [
        "SLURM job 2 waits: ReqNodeNotAvail, Reserved for maintenance"
    ]


def test_a_job_that_squeue_has_forgotten_has_ended(look):
    look({"1": "RUNNING", "2": "RUNNING"})
    assert look({"2": "RUNNING"}) == {"1": "UNKNOWN", "2": "RUNNING"}
