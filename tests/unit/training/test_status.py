"""The table of runs tells the living from the dead."""

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from spatial_mae.files import read_json, write_json, write_text
from spatial_mae.training.run_folder import open_run
from spatial_mae.training.status import read_statuses, status_table

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def add(results, name, **changes):
    """Write a status of this process, written a minute before NOW, with `changes`."""
    status = {
        "run": name,
        "state": "running",
        "epoch": 1.25,
        "epochs": 4,
        "images_per_second": 1234.5,
        "seconds": 61.0,
        "eta_seconds": 185,
        "loss": 0.43219,
        "device": "cpu",
        "message": None,
        "updated": (NOW - timedelta(minutes=1)).isoformat(),
        "host": platform.node(),
        "pid": os.getpid(),
    }
    write_json(results / name / "state/status.json", status | changes)


def states(results):
    return {row["run"]: row["state"] for row in read_statuses(results, NOW)}


@pytest.fixture(scope="module")
def dead():
    """The number of a process that was, and is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_running_run(tmp_path):
    add(tmp_path, "pretrain/a")
    table = status_table(read_statuses(tmp_path, NOW))
    assert [re.sub(" +", " ", line) for line in table[:2]] == [
        "run state epoch images/s loss trained left device",
        "pretrain/a running 1.2/4 1234 0.4322 1 min 01 s 3 min 05 s cpu",
    ]
    assert table[2:] == ["", "1 running"]


def test_a_dead_process_means_stopped_on_this_host_only(tmp_path, dead):
    add(tmp_path, "here", pid=dead)
    add(tmp_path, "there", pid=dead, host="another-host")
    add(tmp_path, "queue", pid=dead, state="waiting for a GPU")
    assert states(tmp_path) == {"here": "stopped", "there": "running", "queue": "stopped"}


def test_long_silence_means_stopped(tmp_path):
    old = (NOW - timedelta(hours=1)).isoformat()
    add(tmp_path, "there", host="another-host", updated=old)
    add(tmp_path, "number_used_again", updated=old)
    assert set(states(tmp_path).values()) == {"stopped"}


@pytest.mark.parametrize("state", ["completed", "diverged", "interrupted", "failed"])
def test_an_end_stays_what_it_is(tmp_path, dead, state):
    add(tmp_path, "run", state=state, pid=dead, updated="2020-01-01T00:00:00+00:00")
    assert states(tmp_path) == {"run": state}


def test_what_is_no_status_is_shown_as_unreadable(tmp_path):
    add(tmp_path, "a")
    write_text(tmp_path / "b/state/status.json", '{"state": "runn')
    write_json(tmp_path / "c/state/status.json", [1])
    write_json(tmp_path / "d/state/status.json", {"state": "running"})
    assert states(tmp_path) == {
        "a": "running",
        "b": "unreadable",
        "c": "unreadable",
        "d": "unreadable",
    }
    assert status_table(read_statuses(tmp_path, NOW))[-1] == "3 unreadable, 1 running"


def test_unfinished_runs_come_with_the_mend_and_failed_ones_with_their_message(tmp_path, dead):
    add(tmp_path, "a", pid=dead)
    add(tmp_path, "b", state="failed", message="ValueError: patch 5\nof image 32")
    table = status_table(read_statuses(tmp_path, NOW))
    assert "b: ValueError: patch 5" in table and not any("image 32" in line for line in table)
    assert table[-1].startswith("To continue")


def test_a_status_that_a_run_wrote_is_understood(tmp_path):
    with open_run(tmp_path / "a/state"):
        assert [row["state"] for row in read_statuses(tmp_path)] == ["running"]
        assert status_table(read_statuses(tmp_path))[1].split() == ["a", "running", "?"]
    assert [row["state"] for row in read_statuses(tmp_path)] == ["completed"]


def test_a_killed_process_is_found_to_have_stopped(tmp_path):
    code = (
        "import os, signal, sys\n"
        "from spatial_mae.training.run_folder import open_run\n"
        "with open_run(sys.argv[1]): os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    state = tmp_path / "a/state"
    subprocess.run([sys.executable, "-c", code, str(state)])
    assert read_json(state / "status.json")["state"] == "running"
    assert [row["state"] for row in read_statuses(tmp_path)] == ["stopped"]


def test_no_runs_and_no_folder(tmp_path):
    assert status_table(read_statuses(tmp_path)) == ["No training run has begun here."]
    with pytest.raises(FileNotFoundError, match="--results"):
        read_statuses(tmp_path / "nowhere")
