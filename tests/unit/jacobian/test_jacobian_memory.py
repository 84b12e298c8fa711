"""The chunk is bounded by what one more direction takes."""

import pytest
import torch

from spatial_mae.jacobian import memory
from spatial_mae.jacobian.memory import LARGEST_CHUNK, LiveBytes, chunk_size, free_bytes

CPU = torch.device("cpu")


def trial(n):
    """100 floats, and for each direction 1000 that live and 500 more for a while."""
    fixed = torch.zeros(100)
    kept = torch.zeros(n, 1000)
    return kept[:, :500] + fixed[0], kept.view(-1)


def test_live_bytes_peak():
    with LiveBytes() as meter:
        for _ in range(5):
            kept = trial(2)
    # A round's results live until the next has made its own.
    assert 4 * (100 + 3000) <= meter.peak <= 4 * (2 * 3000 + 200)
    assert kept is not None


@pytest.mark.parametrize(("room", "chunk"), [(1, 1), (2, 2), (7.5, 7), (1e6, LARGEST_CHUNK)])
def test_as_many_as_fit(room, chunk):
    budget = int(4 * (101 + 1500 * room))
    assert chunk_size(trial, 1000, CPU, budget) == chunk
    assert chunk_size(trial, 1000, CPU, budget + 5000, held_bytes=5000) == chunk
    assert chunk_size(trial, 1, CPU, budget) == 1


def test_no_room_for_one():
    with pytest.raises(RuntimeError, match="takes 0.00.* MB.*budget_bytes"):
        chunk_size(trial, 10, CPU, 4 * 1500)


def test_memory_that_runs_out_in_the_trial():
    def exhausted(n):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    def broken(n):
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="memory ran out on one or two directions"):
        chunk_size(exhausted, 10, CPU)
    with pytest.raises(RuntimeError, match="shapes differ"):
        chunk_size(broken, 10, CPU)


def test_free_memory_is_found_or_guessed(monkeypatch, tmp_path):
    assert free_bytes(CPU) > 1e6
    monkeypatch.setattr(memory, "Path", lambda name: tmp_path / "absent")
    assert free_bytes(CPU) == memory.UNKNOWN
