"""How much memory is free for data: of a GPU, or of the machine within the limits of its job."""

from collections.abc import Iterator
from pathlib import Path

import torch

MEMINFO = Path("/proc/meminfo")
OWN_GROUPS = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")


def free_memory(device: torch.device | str) -> int | None:
    """Bytes free on `device`; None where the system does not say.

    Of the CPU: what Linux calls available, but no more than control groups leave, by which batch
    systems and containers limit a job.
    """
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if not MEMINFO.exists():
        return None
    available = int(MEMINFO.read_text().partition("MemAvailable:")[2].split()[0]) * 1024
    return max(0, min([available, *_left_by_groups()]))


def _left_by_groups() -> Iterator[int]:
    """What the process's memory groups, and those around them, still allow."""
    if not OWN_GROUPS.exists():
        return
    for line in OWN_GROUPS.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":  # version 2
            yield from _left(GROUPS, path, "memory.max", "memory.current", "")
        elif "memory" in controllers.split(","):  # version 1
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"
            yield from _left(GROUPS / "memory", path, *names)


def _left(top: Path, path: str, limit: str, usage: str, prefix: str) -> Iterator[int]:
    group = top / path.lstrip("/")
    for folder in (group, *group.parents):
        if folder.is_relative_to(top) and (folder / limit).exists():
            most = (folder / limit).read_text().strip()
            if most != "max":
                used = int((folder / usage).read_text()) - _cached(folder, prefix)
                yield int(most) - used


def _cached(folder: Path, prefix: str) -> int:
    """Bytes of files in memory, which count as used but are given up when others need room."""
    pairs = (line.split() for line in (folder / "memory.stat").read_text().splitlines())
    wanted = {f"{prefix}active_file", f"{prefix}inactive_file"}
    return sum(int(value) for name, value in pairs if name in wanted)
