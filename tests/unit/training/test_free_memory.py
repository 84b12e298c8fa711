"""Free memory under the limits of batch systems, on files like Linux's."""

import pytest
import torch

from spatial_mae.training import free_memory as module
from spatial_mae.training.free_memory import free_memory


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A machine with 1000 kB free; `group` adds a control group's files."""
    for name, file in (("MEMINFO", "meminfo"), ("OWN_GROUPS", "own"), ("GROUPS", "groups")):
        monkeypatch.setattr(module, name, tmp_path / file)
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    1000 kB\n")

    def group(own, **folders):
        (tmp_path / "own").write_text(own)
        for folder, files in folders.items():
            path = tmp_path / "groups" / folder.replace("__", "/")
            path.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                (path / name.replace("__", ".")).write_text(text)

    return group


def test_the_machine_s_own_where_no_group_limits():
    found = free_memory("cpu")
    assert found is None or 0 < found < 2**50


def test_available_memory(system):
    assert free_memory(torch.device("cpu")) == 1000 * 1024


def test_a_job_s_limit_less_what_it_uses_without_cached_files(system):
    job = {"memory__max": "500000\n", "memory__current": "300000\n"}
    job["memory__stat"] = "anon 100000\nactive_file 50000\ninactive_file 70000\n"
    system("0::/slurm/job_7/step\n", slurm__job_7=job)
    assert free_memory("cpu") == 500_000 - (300_000 - 120_000)


def test_a_group_without_a_limit(system):
    group = {"memory__max": "max\n", "memory__current": "3\n", "memory__stat": "active_file 0\n"}
    system("0::/a\n", a=group)
    assert free_memory("cpu") == 1000 * 1024


def test_the_older_kind_of_groups(system):
    job = {"memory__limit_in_bytes": "400000", "memory__usage_in_bytes": "500000"}
    job["memory__stat"] = "inactive_file 1\ntotal_inactive_file 250000\ntotal_active_file 50000\n"
    system("5:cpu,cpuacct:/x\n4:memory:/job\n", memory__job=job)
    assert free_memory("cpu") == 400_000 - (500_000 - 300_000)


def test_a_limit_that_is_reached_leaves_nothing(system):
    job = {"memory__max": "5", "memory__current": "9", "memory__stat": "active_file 0"}
    system("0::/j\n", j=job)
    assert free_memory("cpu") == 0


def test_unknown_where_linux_s_files_are_absent(system, tmp_path):
    (tmp_path / "meminfo").unlink()
    assert free_memory("cpu") is None
