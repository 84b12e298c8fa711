"""Run Snakemake on a copy of the project, and read its plans."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

TINY = Path(__file__).with_name("tiny.yaml")
Snakemake = Callable[..., subprocess.CompletedProcess]


def snakemake_in(project: Path) -> Snakemake:
    """A function that runs Snakemake on the workflow in `project` and returns what it printed."""

    def run(*arguments: object, check: bool = True) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=project, env=clean_environment(), capture_output=True, text=True
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    return run


def clean_environment() -> dict[str, str]:
    """The environment without what would point the copy at the original's source."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}


def planned(done: subprocess.CompletedProcess) -> dict[str, int]:
    """Jobs by rule in the output of a dry run."""
    table = (done.stdout + done.stderr).partition("Job stats:")[2].partition("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}
