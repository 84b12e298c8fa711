"""The tiny study of the tests in a copy of the project, and a table that grows line by line."""

import csv
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.timing import ROOT

TINY = ROOT / "tests/workflow/tiny.yaml"
COPIED = ("Snakefile", "config.yaml", "workflow", "src", "envs")


def copy_project(folder: Path) -> None:
    """Copy what the workflow is made of to `folder`, which is made."""
    folder.mkdir(parents=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=ignored)
        else:
            shutil.copy(path, folder)


def environment() -> dict[str, str]:
    """This one without what would point the copy at the original's source; one thread a job."""
    own = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return own | {"OMP_NUM_THREADS": "1"}


def snakemake(*words: object) -> list[str]:
    return [sys.executable, "-m", "snakemake", "--cores", "1", *map(str, words)]


def finish(folder: Path, *words: object) -> None:
    """Run the tiny study in `folder` to its report. Raises RuntimeError with the output."""
    command = snakemake("report", "--configfile", TINY, *words)
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def undisturbed(out: Path) -> Path:
    """A copy in `out` in which the tiny study has run to its report, once for all parts."""
    folder = out / "undisturbed"
    if not (folder / "results/tiny/report.html").exists():
        shutil.rmtree(folder, ignore_errors=True)
        copy_project(folder)
        finish(folder)
    return folder


def differences(before: Path, after: Path) -> list[str]:
    """Tables, figures' numbers and claims that differ; measured times do not count."""
    compare = runpy.run_path(str(ROOT / "tests/workflow/compare_studies.py"))
    return list(compare["differences"](before, after))


class Log:
    """A csv file with one row for each thing tried; rows of an earlier call are kept."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path, self.columns = path, columns
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(",".join(columns) + "\n")

    def rows(self) -> list[dict[str, str]]:
        with self.path.open(newline="") as handle:
            return list(csv.DictReader(handle))

    def add(self, row: Mapping[str, object]) -> None:
        with self.path.open("a", newline="") as handle:
            csv.DictWriter(handle, self.columns, lineterminator="\n").writerow(row)
