"""GPUs are shared by lock files: fake GPU lists, real processes."""

import os
import subprocess
import sys
from contextlib import contextmanager

import pytest

from spatial_mae.training import gpu_slots

TWO = ["GPU-aaaa", "GPU-bbbb"]
HOLD = """
import sys
from pathlib import Path
from spatial_mae.training.gpu_slots import hold_gpus
folder, runs, *gpus = sys.argv[1:]
with hold_gpus(1, gpus, int(runs), Path(folder), poll_seconds=0.01) as (index,):
    print(index, flush=True)
    sys.stdin.readline()
"""


class Full(Exception):
    """All GPUs are taken."""


def full():
    raise Full


@contextmanager
def take(folder, gpus=TWO, runs_per_gpu=1):
    """The holding context of a GPU; raises Full on entry instead of waiting."""
    with gpu_slots.hold_gpus(1, gpus, runs_per_gpu, folder, full) as (index,):
        yield index


@pytest.fixture
def start(tmp_path):
    """Start a process that takes a GPU, says which, and holds it until it reads a line."""
    started = []

    def start(runs_per_gpu, gpus=TWO):
        command = [sys.executable, "-c", HOLD, str(tmp_path), str(runs_per_gpu), *gpus]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_processes_spread_over_the_gpus_and_a_killed_one_frees_its_own(tmp_path, start):
    gpus = {}
    for _ in TWO:
        process = start(1)
        gpus[process.stdout.readline()] = process
    assert gpus.keys() == {"0\n", "1\n"}
    with pytest.raises(Full), take(tmp_path):
        pass
    waiting = start(1)
    gpus["1\n"].kill()
    assert waiting.stdout.readline() == "1\n"


def test_many_processes_at_once_never_share_a_slot(start):
    processes = [start(2) for _ in range(4)]
    assert sorted(p.stdout.readline() for p in processes) == ["0\n", "0\n", "1\n", "1\n"]


def test_the_least_loaded_gpu_comes_first(tmp_path):
    with take(tmp_path, runs_per_gpu=3) as a, take(tmp_path, runs_per_gpu=3) as b:
        assert (a, b) == (0, 1)
        with take(tmp_path, runs_per_gpu=3) as c:
            assert c == 0
            with take(tmp_path, runs_per_gpu=3) as d:
                assert d == 1


def test_load_counts_all_slots_not_only_the_first(tmp_path):
    first = take(tmp_path, runs_per_gpu=2)
    first.__enter__()
    with take(tmp_path, TWO[:1], 2):
        first.__exit__(None, None, None)  # GPU 0 now holds its slot 1 only
        with take(tmp_path, runs_per_gpu=2) as index:
            assert index == 1


def test_runs_that_share_count_for_one_that_does_not(tmp_path):
    one = TWO[:1]
    with take(tmp_path, one, 2), take(tmp_path, one, 2):
        with pytest.raises(Full), take(tmp_path, one, 1):
            pass
        with take(tmp_path, one, 3):
            pass
    first = take(tmp_path, one, 2)
    first.__enter__()
    with take(tmp_path, one, 2):
        first.__exit__(None, None, None)  # the slot with the lowest number is free, the GPU is not
        with pytest.raises(Full), take(tmp_path, one, 1):
            pass


def test_the_lock_belongs_to_the_gpu_not_to_its_number(tmp_path):
    """CUDA_VISIBLE_DEVICES renumbers: another list, the same GPU."""
    with take(tmp_path, TWO) as index, pytest.raises(Full):
        take(tmp_path, [TWO[index]]).__enter__()
    with take(tmp_path, TWO), take(tmp_path, TWO[::-1]) as index:
        assert index == 0  # GPU-bbbb


def test_an_exception_frees_the_gpu(tmp_path):
    with pytest.raises(OSError), take(tmp_path, TWO[:1]):
        raise OSError
    with take(tmp_path, TWO[:1]):
        pass


def test_waiting_is_told_until_a_gpu_is_free(tmp_path):
    calls = []
    first = take(tmp_path, TWO[:1])
    first.__enter__()

    def waiting():
        calls.append(1)
        if len(calls) == 3:
            first.__exit__(None, None, None)

    with gpu_slots.hold_gpus(1, TWO[:1], 1, tmp_path, waiting, 0.001) as (index,):
        assert (index, len(calls)) == (0, 3)


def test_the_lock_folder_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setattr(gpu_slots.tempfile, "gettempdir", lambda: str(tmp_path))
    folder = gpu_slots.lock_folder()
    assert folder.stat().st_mode & 0o777 == 0o700 and gpu_slots.lock_folder() == folder
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    folder.rename(tmp_path / f"spatial-mae-{other}")
    with pytest.raises(RuntimeError, match="another user"):
        gpu_slots.lock_folder()


def together(count, folder, gpus=TWO, runs_per_gpu=1):
    return gpu_slots.hold_gpus(count, gpus, runs_per_gpu, folder, full)


def test_several_gpus_are_taken_all_at_once_or_none(tmp_path):
    with take(tmp_path) as one:
        assert one == 0
        with pytest.raises(Full), together(2, tmp_path):
            pass
        with take(tmp_path) as other:  # the failed attempt kept nothing
            assert other == 1
    with together(2, tmp_path) as both:
        assert both == (0, 1)
        with pytest.raises(Full), take(tmp_path):
            pass
        with together(2, tmp_path, runs_per_gpu=2) as again:
            assert again == (0, 1)
    with together(2, tmp_path) as both:
        assert both == (0, 1)


def test_several_gpus_are_the_least_loaded(tmp_path):
    three = [*TWO, "GPU-cccc"]
    with take(tmp_path, three, 2), together(2, tmp_path, three, 2) as two:
        assert two == (1, 2)
