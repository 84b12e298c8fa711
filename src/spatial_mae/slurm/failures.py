"""What to say at the end of a workflow in which jobs failed. Standard library only."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Failure:
    """A job that failed: its rule and wildcards, its logs, and the state folder of a training."""

    rule: str
    wildcards: Mapping[str, str]
    logs: tuple[str, ...] = ()
    state: str | None = None


def failure_report(failures: Iterable[Failure], keep_going: bool, stopped: bool) -> str:
    """Lines that name each failed run, its log, what of it is saved, and how to continue.

    keep_going: whether jobs were started after one failed. stopped: whether a signal, or a fault of
    the workflow itself, kept jobs from being started.
    """
    failed = sorted(failures, key=lambda f: (f.rule, tuple(f.wildcards.values())))
    lines = [_first_line(len(failed), keep_going, stopped)]
    for failure in failed:
        run = "/".join(failure.wildcards.values())
        lines.append(f"  {failure.rule} {run}".rstrip())
        lines += [f"    log:   {log}" for log in failure.logs]
        if failure.state and (saved := _saved(Path(failure.state))):
            lines.append(f"    state: {saved}")
    fix = "Fix the errors in these logs and rerun" if failed else "Rerun"
    lines.append(f"{fix} the same command; finished jobs are not repeated.")
    return "\n".join(lines)


def _first_line(n: int, keep_going: bool, stopped: bool) -> str:
    """How many jobs failed, and whether the others are done."""
    jobs = "1 job" if n == 1 else f"{n or 'no'} jobs"
    if stopped or not n:
        return f"The run was stopped: {jobs} failed, and not all others are done."
    if keep_going:
        return f"{jobs} failed; what does not depend on them is done."
    return (
        f"{jobs} failed; not all others are done. With `--keep-going` the run continues with what "
        "does not depend on them."
    )


def _saved(folder: Path) -> str | None:
    """How far a training is, by its status file; None if it never began."""
    try:
        status = json.loads((folder / "status.json").read_text(encoding="utf-8"))
        state, epoch, epochs = status["state"], status["epoch"], status["epochs"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if epoch is None or not (folder / "resume.pt").exists():
        return f"{state}; nothing saved yet"
    return f"{state}; saved in {folder}, continues from epoch {epoch:g} of {epochs} or just before"
