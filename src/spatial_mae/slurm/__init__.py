"""What the workflow asks of a SLURM cluster beyond submitting jobs. Standard library only.

Before the first job: `requests` (can the cluster run what is asked for?) and `polling` (which
command shows the state of jobs?). While jobs run: `watching` (states that would be waited for
without end). Inside a job: `requeue` (a training run that was warned of its time limit). After a
job failed, on a cluster or not: `failures` (what to say of it).
"""

from spatial_mae.slurm.commands import SlurmError
from spatial_mae.slurm.failures import Failure, failure_report
from spatial_mae.slurm.polling import status_command
from spatial_mae.slurm.requests import Request, problems
from spatial_mae.slurm.watching import watched

__all__ = [
    "Failure",
    "Request",
    "SlurmError",
    "failure_report",
    "problems",
    "status_command",
    "watched",
]
