"""How much of each GPU's memory is taken, by any program. Needs no torch, and no work on a GPU."""

import csv
import subprocess
from collections.abc import Sequence

QUERY = ("nvidia-smi", "--query-gpu=uuid,memory.used,memory.total", "--format=csv,noheader,nounits")
PATIENCE = 20.0  # seconds that nvidia-smi may take


def shares_taken(gpus: Sequence[str]) -> list[float]:
    """Share of each GPU's memory that is taken, in [0, 1], as the driver's own tool tells.

    gpus: identifiers as of `devices.visible_gpus`. 0 where it is not known: no such tool, a part of
    a GPU (MIG), a driver that does not say.
    """
    known = _asked()
    return [known.get(gpu.removeprefix("GPU-"), 0.0) for gpu in gpus]


def _asked() -> dict[str, float]:
    try:
        done = subprocess.run(QUERY, capture_output=True, text=True, timeout=PATIENCE, check=True)
    except (OSError, subprocess.SubprocessError):
        return {}
    found = {}
    for row in csv.reader(done.stdout.splitlines(), skipinitialspace=True):
        try:
            uuid, used, total = row
            found[uuid.removeprefix("GPU-")] = float(used) / float(total)
        except (ValueError, ZeroDivisionError):
            continue  # [N/A]
    return found
