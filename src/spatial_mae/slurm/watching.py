"""States of jobs, reported to the executor plugin so that it never waits forever.

The plugin (2.8.0) takes a PREEMPTED job for one that SLURM restarts, which with PreemptMode=CANCEL
it does not; knows "CANCELLED" but not sacct's "CANCELLED by 1000"; and waits for jobs that will
never start or that squeue has forgotten.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from logging import Logger

from spatial_mae.slurm.commands import SlurmError, ask

# Ended for reasons that are not the job's: it may just run again.
LOST = ("PREEMPTED", "NODE_FAIL")
# Of a pending job: it will not start unless somebody changes the job or the cluster.
HOPELESS = re.compile(
    r"BadConstraints|Partition(Time|Node)Limit|\w*PerJob\w*|Invalid(Account|QOS)|MaxMemPerLimit"
    r"|(Account|QOS)NotAllowed|DependencyNeverSatisfied|.*can't use this partition.*"
    r"|launch_failed_requeued_held|JobHoldMaxRequeue"
)
# The ordinary ways to wait.
ORDINARY = ("None", "Priority", "Resources", "BeginTime", "Dependency", "JobArrayTaskLimit")

States = dict[str, str]
Query = Callable[[str, Logger], Awaitable[tuple[States | None, float | None]]]


def watched(query: Query) -> Query:
    """The plugin's `query_job_status` with answers that let it go on.

    Lost jobs are requeued, with the same number, and taken for failed where SLURM will not do that
    (`retries` then decides). Hopeless ones are cancelled, with the reason. Forgotten ones count as
    ended: whether their files are there decides. Odd reasons for waiting are logged once.
    """
    seen: set[str] = set()
    told: set[str] = set()

    async def ask_and_mend(command: str, logger: Logger) -> tuple[States | None, float | None]:
        states, seconds = await query(command, logger)
        if states is None:
            return states, seconds
        states = {number: state.split()[0] for number, state in states.items() if state}
        forgotten = dict.fromkeys(seen - states.keys(), "UNKNOWN")
        seen.update(states)
        lost = {n: _run_again(n, state, logger) for n, state in states.items() if state in LOST}
        hopeless = _give_up(command, states, told, logger)
        return {**states, **lost, **hopeless, **forgotten}, seconds

    return ask_and_mend


def _run_again(number: str, state: str, logger: Logger) -> str:
    """Put a lost job back in the queue; its state from now on."""
    try:
        ask("scontrol", "requeue", number)
    except SlurmError as refusal:
        logger.warning(f"SLURM job {number}: {state}, and it cannot be requeued ({refusal}).")
        return "CANCELLED"
    logger.warning(f"SLURM job {number}: {state}, put back in the queue.")
    return "PENDING"


def _give_up(command: str, states: Mapping[str, str], told: set[str], logger: Logger) -> States:
    """Cancel jobs that cannot start; report those whose wait is out of the ordinary."""
    pending = [number for number, state in states.items() if state == "PENDING"]
    failed = {}
    for number, reason in _reasons(command).items() if pending else ():
        if HOPELESS.fullmatch(reason):
            logger.error(f"SLURM job {number} can never start ({reason}): cancelled.")
            _cancel(number)
            failed[number] = "CANCELLED"
        elif reason not in ORDINARY and f"{number} {reason}" not in told:
            told.add(f"{number} {reason}")
            logger.warning(f"SLURM job {number} waits: {reason}")
    return failed


def _reasons(command: str) -> States:
    """Why pending jobs of this run wait, by number. `command` names the run."""
    name = re.search(r"--name\s+(\S+)", command)
    if name is None:
        return {}
    try:
        lines = ask(
            *("squeue", "--noheader", "--states=PENDING", f"--name={name[1]}", "--format=%i|%r")
        )
    except SlurmError:
        return {}
    rows = (line.partition("|") for line in lines.splitlines())
    return {number.strip(): reason.strip() for number, _, reason in rows}


def _cancel(number: str) -> None:
    try:
        ask("scancel", number)
    except SlurmError:
        return  # it ended meanwhile
