"""Which command tells how jobs fare."""

import pytest

from spatial_mae.slurm import polling
from spatial_mae.slurm.commands import SlurmError


@pytest.mark.parametrize(
    ("age", "first", "accounting", "expected"),
    [
        (300, 20, False, "squeue"),
        (300, 20, True, "squeue"),  # also beside a database: sacct mode has faults of its own
        (60, 20, True, "sacct"),
        (300, 120, True, "sacct"),
        (60, 20, False, None),
    ],
)
def test_squeue_where_it_remembers_long_enough(monkeypatch, age, first, accounting, expected):
    def answer(*command):
        if command[0] == "scontrol":
            return f"MessageTimeout = 10 sec\nMinJobAge               = {age} sec\n"
        if not accounting:
            raise SlurmError("Slurm accounting storage is disabled")
        return ""

    monkeypatch.setattr(polling, "ask", answer)
    if expected:
        assert polling.status_command(first) == expected
    else:
        with pytest.raises(SlurmError, match="MinJobAge = 60 s.*200.*storage is disabled"):
            polling.status_command(first)


def test_min_job_age_of_a_configuration():
    assert polling.min_job_age("A = 1\nMinJobAge = 3600 sec\n") == 3600
    assert polling.min_job_age("") == 0
