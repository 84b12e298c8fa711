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


def failure_report(failures: Iterable[Failure]) -> str:
    """Lines that name each failed run, its log, what of it is saved, and how to continue."""
    failed = sorted(failures, key=lambda f: (f.rule, tuple(f.wildcards.values())))
    jobs = "1 job" if len(failed) == 1 else f"{len(failed)} jobs"
    lines = [f"{jobs} failed; what does not depend on them is done."]
    for failure in failed:
        run = "/".join(failure.wildcards.values())
        lines.append(f"  {failure.rule} {run}".rstrip())
        lines += [f"    log:   {log}" for log in failure.logs]
        if failure.state and (saved := _saved(Path(failure.state))):
            lines.append(f"    state: {saved}")
    lines.append(
        "Fix the errors in these logs and rerun the same command; finished jobs are not repeated."
    )
    return "\n".join(lines)


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
