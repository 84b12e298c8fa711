"""Which of SLURM's commands shows the executor plugin the state of its jobs.

The plugin's default is `sacct` wherever that program exists, also where it has no database to ask:
the plugin then waits forever. `squeue` always answers, but forgets a finished job after MinJobAge.
"""

import re

from spatial_mae.slurm.commands import SlurmError, ask

LONGEST_POLL_SECONDS = 180  # the plugin waits so long between two looks, at most


def status_command(first_poll_seconds: int) -> str:
    """ "squeue" if finished jobs stay in the queue from one look to the next, else "sacct".

    first_poll_seconds: the plugin's `init-seconds-before-status-checks`. Raises SlurmError if
    neither command works.
    """
    # The plugin itself turns away from squeue below three times its first interval.
    needed = max(LONGEST_POLL_SECONDS + 20, 3 * first_poll_seconds)
    age = min_job_age(ask("scontrol", "show", "config"))
    if age >= needed:
        return "squeue"
    try:
        ask("sacct", "--noheader", "--allocations", "--format=jobid", "--starttime=now-1minutes")
    except SlurmError as reason:
        raise SlurmError(
            f"jobs cannot be followed here: squeue forgets a finished job after MinJobAge = {age} "
            f"s, of which Snakemake needs {needed}, and sacct says: {reason}. Ask for "
            f"MinJobAge={needed} in slurm.conf, or for accounting"
        ) from None
    return "sacct"


def min_job_age(configuration: str) -> int:
    """MinJobAge, in seconds, of what `scontrol show config` prints; 0 if it is not there."""
    found = re.search(r"^MinJobAge\s*=\s*(\d+)", configuration, re.M)
    return int(found[1]) if found else 0
