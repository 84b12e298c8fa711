"""Several processes of one run: what they compute together, how they stop, and what ends them."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
import torch

from spatial_mae.training import together
from spatial_mae.training.position import Interrupted
from spatial_mae.training.processes import Processes, check_batch
from spatial_mae.training.signals import StopRequest
from spatial_mae.training.together import run_together


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def talk(group, folder):
    """Everything processes do together, seen from one of them."""
    turns = Path(folder) / "turns"

    def turn():
        with turns.open("a") as file:
            file.write(str(group.rank))
        return group.rank

    return {
        "sum": group.sum(torch.tensor([1.0, 10.0 * group.rank])).tolist(),
        "any": group.any(group.rank == 1, False, True),
        "largest": group.largest(7 + group.rank),
        "first": group.first({"rank": group.rank}),
        "turn": group.in_turn(turn),
        "turns": turns.read_text(),
        "part": [group.part(n) for n in (2, 5)],
        "pids": group.first(os.getpid()),
        "environment": os.environ["GLOO_SOCKET_IFNAME"][:2],
    }


def test_what_two_processes_do_together(tmp_path):
    said = run_together(2, False, talk, tmp_path)
    assert not alive(said.pop("pids"))
    assert said == {
        "sum": [2.0, 10.0],
        "any": [True, False, True],
        "largest": 8,
        "first": {"rank": 0},
        "turn": 0,
        "turns": "01",
        "part": [slice(0, 1), slice(0, 2)],
        "environment": "lo",
    }


def test_one_process_asks_nobody():
    alone = Processes()
    assert (
        alone.is_first and alone.part(5) == slice(0, 5) and alone.any(True, False) == [True, False]
    )
    assert alone.first("a") == "a" and alone.in_turn(lambda: 3) == 3 and alone.largest(4) == 4


def parts(n, size):
    found = []
    for rank in range(size):
        member = Processes()
        member.rank, member.size = rank, size
        found.append(member.part(n))
    return found


@pytest.mark.parametrize(("n", "size"), [(64, 2), (65, 2), (7, 3), (3, 3), (1000, 7)])
def test_parts_follow_each_other_and_are_equal_but_for_one_image(n, size):
    covered = [i for part in parts(n, size) for i in range(n)[part]]
    lengths = [part.stop - part.start for part in parts(n, size)]
    assert covered == list(range(n)) and max(lengths) - min(lengths) <= 1 and min(lengths) >= 1


def test_a_batch_smaller_than_the_processes_is_refused():
    check_batch(3, 3, 100)
    with pytest.raises(ValueError, match="2 images for 3 processes .* --nproc at most 2"):
        check_batch(3, 64, 2)


def fail(group, folder):
    """The second process raises; the first waits for it, as in a collective."""
    (Path(folder) / str(group.rank)).write_text(str(os.getpid()))
    group.wait()
    if group.rank == 1:
        raise ValueError("no such image")
    group.wait()


def test_an_error_of_one_is_told_and_ends_all(tmp_path, capfd):
    with pytest.raises(RuntimeError, match="process 1 of 2: ValueError: no such image"):
        run_together(2, False, fail, tmp_path)
    assert "Traceback" in capfd.readouterr().err
    assert not any(alive(int((tmp_path / name).read_text())) for name in "01")


def killed(group, folder):
    """The second process dies at once; the first would sleep for an hour."""
    (Path(folder) / str(group.rank)).write_text(str(os.getpid()))
    group.wait()
    if group.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(3600)


def test_a_killed_process_takes_the_others_with_it_soon(tmp_path, monkeypatch):
    monkeypatch.setattr(together, "GRACE_SECONDS", 0.5)
    with pytest.raises(RuntimeError, match="process 1 of 2 was killed by SIGKILL"):
        run_together(2, False, killed, tmp_path)
    assert not alive(int((tmp_path / "0").read_text()))


def until_asked(group, folder):
    """What the loop does: agree to stop, save, leave together."""
    with StopRequest() as stop:
        while not group.any(stop.requested)[0]:
            (Path(folder) / str(group.rank)).write_text(str(os.getpid()))
            time.sleep(0.01)
    raise Interrupted


def test_a_signal_to_one_of_them_stops_all(tmp_path):
    def send():
        while not (tmp_path / "1").exists() or not (tmp_path / "1").read_text():
            time.sleep(0.01)
        os.kill(int((tmp_path / "1").read_text()), signal.SIGTERM)

    threading.Thread(target=send).start()
    with pytest.raises(Interrupted) as stopped:
        run_together(2, False, until_asked, tmp_path)
    assert stopped.value.code == 75
    assert not any(alive(int((tmp_path / name).read_text())) for name in "01")
