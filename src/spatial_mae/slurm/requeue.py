"""A job that puts itself back in SLURM's queue, to go on where it stopped."""

import os

from spatial_mae.slurm.commands import SlurmError, ask


def requeue_this_job() -> str:
    """Requeue the batch job that this process runs in; say in a few words what came of it.

    Only while the job's state is RUNNING: that is a warning before the time limit. A job that is
    being cancelled or preempted has another state already, and is not ours to revive. Outside of
    SLURM nothing happens.
    """
    number = os.environ.get("SLURM_JOB_ID")
    if number is None:
        return "no SLURM job"
    try:
        state = ask("squeue", "--noheader", f"--jobs={number}", "--format=%T").strip()
        if state != "RUNNING":
            return f"SLURM job {number} is {state}, not requeued"
        ask("scontrol", "requeue", number)
    except SlurmError as refusal:
        return f"SLURM job {number} cannot be requeued: {refusal}"
    return f"SLURM job {number} requeued"
