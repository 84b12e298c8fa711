"""Peak memory against tensors of a known size, and errors that mean there is not enough."""

import pytest
import torch

from spatial_mae.training import memory

MEGABYTE = 2**20
CPU = torch.device("cpu")


def touched(megabytes):
    return torch.ones(megabytes * MEGABYTE, dtype=torch.uint8)


def may_start_anew():
    try:
        memory.CLEAR.write_text("5")
    except OSError:
        return False
    return memory.STATUS.exists()


@pytest.mark.skipif(not may_start_anew(), reason="VmHWM cannot be set back here")
def test_the_peak_is_of_what_came_after_and_outlasts_its_release():
    before = touched(64)
    del before
    meter = memory.Meter(CPU)
    assert meter.peak() < 16 * MEGABYTE
    during = touched(96)
    del during
    assert 90 * MEGABYTE < meter.peak() < 120 * MEGABYTE
    assert meter.peak() > 90 * MEGABYTE


def test_without_linux_s_own_files_nothing_is_claimed(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "STATUS", tmp_path / "none")
    monkeypatch.setattr(memory, "CLEAR", tmp_path / "no/folder")
    assert memory.Meter(CPU).peak() == 0


def test_the_cpu_s_own_error_is_known():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert memory.is_exhausted(caught.value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("Tried to allocate 2 GiB"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), False),
        (ValueError("shapes (2, 3) and (4, 5) do not match"), False),
    ],
)
def test_errors_that_mean_there_is_not_enough(error, expected):
    assert memory.is_exhausted(error) == expected
