"""Run Snakemake on a copy of the project, and read its plans."""

import multiprocessing
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

TINY = Path(__file__).with_name("tiny.yaml")
Snakemake = Callable[..., subprocess.CompletedProcess]
# Every run starts as a fork of one process that has imported Snakemake: that is most of a dry run.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["snakemake.cli", "snakemake_executor_plugin_slurm"])


def snakemake_in(project: Path) -> Snakemake:
    """A function that runs Snakemake on the workflow in `project` and returns what it printed."""

    def run(*arguments: object, check: bool = True) -> subprocess.CompletedProcess:
        words = ["--cores", "2", *map(str, arguments)]
        with tempfile.TemporaryDirectory() as folder:
            printed = [Path(folder) / "stdout", Path(folder) / "stderr"]
            process = FORKS.Process(
                target=_main, args=(words, project, clean_environment(), printed)
            )
            process.start()
            process.join()
            out, err = (path.read_text(encoding="utf-8") for path in printed)
        done = subprocess.CompletedProcess(["snakemake", *words], process.exitcode, out, err)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    return run


def _main(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], printed: Sequence[Path]
) -> None:
    """`snakemake WORDS` in a folder; what it prints goes to two files."""
    for descriptor, path in enumerate(printed, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["snakemake", *words]
    from snakemake.cli import main

    main(words)


def clean_environment() -> dict[str, str]:
    """The environment without what would point the copy at the original's source."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}


def planned(done: subprocess.CompletedProcess) -> dict[str, int]:
    """Jobs by rule in the output of a dry run."""
    table = (done.stdout + done.stderr).partition("Job stats:")[2].partition("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}


def redraw_flags(project: Path, study: str) -> list[str]:
    """What `make redraw STUDY=...` gives Snakemake."""
    recipe = re.search(r"^redraw:.*?\n((?:\t.*\n)+)", (project / "Makefile").read_text(), re.M)[1]
    command = recipe.replace("\\\n", "").replace("$(STUDY)", study).replace("$(CORES)", "2")
    program, *flags = shlex.split(command)
    assert program == "snakemake"
    return flags
