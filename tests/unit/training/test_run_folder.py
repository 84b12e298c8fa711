"""A run's folder has one holder; its status says what became of the run."""

import errno
import fcntl
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from spatial_mae.files import read_json
from spatial_mae.training.run_folder import DIVERGED, open_run

HOLD = """
import sys
from spatial_mae.training.run_folder import open_run
with open_run(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def state(tmp_path):
    return tmp_path / "patch-4_seed-0" / "state"


@pytest.fixture
def holder(state):
    """Another process that holds the folder until it reads a line."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(state)], **pipes)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_folder_in_use_is_refused_and_its_status_left_alone(state, holder):
    before = (state / "status.json").read_text()
    with pytest.raises(RuntimeError, match="in use by another process") as error, open_run(state):
        pass
    assert f"process {holder.pid} on host {platform.node()}" in str(error.value)
    assert (state / "status.json").read_text() == before


def test_a_folder_is_refused_twice_in_one_process_too(state):
    with open_run(state), pytest.raises(RuntimeError, match=f"process {os.getpid()} "):
        open_run(state).__enter__()


def test_a_killed_holder_lets_go_and_leaves_its_status(state, holder):
    holder.kill()
    holder.wait()
    left = read_json(state / "status.json")
    assert left["state"] == "running" and left["pid"] == holder.pid
    with open_run(state):
        assert read_json(state / "status.json")["pid"] == os.getpid()


def test_what_a_killed_holder_was_writing_is_swept_away(state):
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from spatial_mae.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1]) / 'resume.pt') as path:\n"
        "    path.touch(), os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(state)])
    assert len(list(state.iterdir())) == 1
    (state / "epoch-0001.safetensors").touch()
    with open_run(state):
        names = {path.name for path in state.iterdir()}
    assert names == {"lock", "status.json", "epoch-0001.safetensors"}


def test_a_holder_that_ends_lets_go(state, holder):
    holder.communicate("done\n")
    assert read_json(state / "status.json")["state"] == "completed"
    with open_run(state):
        pass


def test_the_status_of_a_completed_run(state):
    with open_run(state) as run:
        assert read_json(state / "status.json")["state"] == "running"
        run.update(epoch=3, loss=float("nan"), device="cpu")
    status = read_json(state / "status.json")
    age = datetime.now(UTC) - datetime.fromisoformat(status.pop("updated"))
    assert 0 <= age.total_seconds() + 1 < 60
    assert status == {
        "run": str(state.parent),
        "state": "completed",
        "epoch": 3,
        "epochs": None,
        "images_per_second": None,
        "seconds": None,
        "eta_seconds": 0,
        "loss": None,
        "device": "cpu",
        "message": None,
        "host": platform.node(),
        "pid": os.getpid(),
    }


@pytest.mark.parametrize(
    "error, expected, message",
    [
        (ValueError("patch 5"), "failed", "ValueError: patch 5"),
        (SystemExit(75), "interrupted", None),
        (SystemExit(1), "failed", None),
        (KeyboardInterrupt(), "interrupted", "KeyboardInterrupt: "),
    ],
)
def test_the_status_after_an_exception(state, error, expected, message):
    with pytest.raises(type(error)), open_run(state):
        raise error
    status = read_json(state / "status.json")
    assert (status["state"], status["message"]) == (expected, message)
    with open_run(state):
        assert read_json(state / "status.json")["message"] is None


def test_a_state_the_run_set_itself_stays(state):
    with open_run(state) as run:
        run.update(state=DIVERGED)
    assert read_json(state / "status.json")["state"] == "diverged"


def test_a_misspelt_field_is_an_error(state):
    with open_run(state) as run, pytest.raises(ValueError, match="'epoc'"):
        run.update(epoc=1)


def test_a_file_system_without_locks_warns_and_goes_on(state, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with open_run(state):
        assert "no locks" in caplog.text
        assert json.loads((state / "lock").read_text())["pid"] == os.getpid()


def test_any_other_error_of_the_lock_is_not_hidden(state, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(OSError, match="input/output"), open_run(state):
        pass
