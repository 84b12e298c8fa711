"""Peak memory against tensors of a known size, and errors that mean there is not enough."""

import json
import platform
import resource
import subprocess
import sys

import pytest
import torch

from spatial_mae.training import memory

CPU = torch.device("cpu")
# A process with nothing else alive: no thread or test of the same process moves its memory. The
# large tensors are mapped by themselves, and given back when they are released.
MEASURED = """
import json
import torch
from spatial_mae.training.memory import Meter

def touched(megabytes):
    return torch.ones(megabytes * 2**20, dtype=torch.uint8)

before = touched(64)
del before
meter = Meter(torch.device("cpu"))
peaks = [meter.peak()]
during = touched(96)
peaks.append(meter.peak())
del during
peaks.append(meter.peak())
print(json.dumps([peak / 2**20 for peak in peaks]))
"""


def can_be_reset():
    try:
        memory.CLEAR.write_text("5")
    except OSError:
        return False
    return memory.STATUS.exists()


@pytest.mark.skipif(not can_be_reset(), reason="VmHWM cannot be reset here")
def test_the_peak_is_of_what_came_after_and_outlasts_its_release():
    done = subprocess.run(
        [sys.executable, "-c", MEASURED], capture_output=True, text=True, check=True
    )
    at_first, during, after = json.loads(done.stdout)
    assert at_first < 16
    assert 90 < during < 120
    assert 90 < after < 120  # Linux counts pages to within some hundred kilobytes


KEPT = """
import resource
import torch
from spatial_mae.training import memory

def faults_of_a_step():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    blocks = [torch.ones(12 * 2**20, dtype=torch.uint8) for _ in range(8)]
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

memory.keep_freed(torch.device("cpu"))
first, *_, later = [faults_of_a_step() for _ in range(6)]
meter = memory.Meter(torch.device("cpu"))
print(first, later, faults_of_a_step(), meter.peak())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
@pytest.mark.skipif(not can_be_reset(), reason="VmHWM cannot be reset here")
def test_freed_memory_is_found_again_and_counts_for_a_later_meter():
    done = subprocess.run([sys.executable, "-c", KEPT], capture_output=True, text=True, check=True)
    first, later, trimmed, peak = map(int, done.stdout.split())
    pages = 96 * 2**20 // resource.getpagesize()
    assert first > 0.9 * pages
    assert later < 0.1 * pages
    assert trimmed > 0.8 * pages
    assert peak > 0.8 * 96 * 2**20


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
