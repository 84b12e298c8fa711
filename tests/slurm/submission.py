"""Snakemake submitting to the test cluster."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml
from one_node import ACTIVE, OneNode
from planning import TINY, clean_environment

HERE = Path(__file__).parent
LIMIT_SECONDS = 400
USUAL_START = 3.0  # seconds that a job's imports take on a quiet machine


def slowness() -> float:
    """How many times slower than a quiet machine this one is now, at least 1."""
    start = time.monotonic()
    subprocess.run([sys.executable, "-c", "import torch"], check=True)
    return max(1.0, (time.monotonic() - start) / USUAL_START)


def limit(seconds: float = LIMIT_SECONDS) -> float:
    """How long to wait for something that takes less than `seconds` on a quiet machine."""
    return seconds * slowness()


class Submission:
    """Snakemake at work on the cluster, in a folder of its own."""

    def __init__(
        self, cluster: OneNode, project: Path, *arguments: object, path: str | None = None
    ) -> None:
        self.cluster, self.project = cluster, project
        before = set(cluster.jobs())
        profile = project / "workflow/profiles/slurm"
        command = [sys.executable, HERE / "fast_polls.py", "--profile", profile]
        command += ["--latency-wait", 3, "--nolock", *arguments]
        environment = clean_environment() | cluster.environment
        if path is not None:
            environment["PATH"] = path
        self.output = Path(tempfile.mkstemp(suffix=".out")[1])
        self.process = subprocess.Popen(
            list(map(str, command)),
            cwd=project,
            env=environment,
            stdout=self.output.open("w"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._before = before

    @property
    def jobs(self) -> dict[str, str]:
        """State of each SLURM job submitted since it began, by number."""
        return {n: s for n, s in self.cluster.jobs().items() if n not in self._before}

    @property
    def text(self) -> str:
        return self.output.read_text()

    def until(self, happens: Callable[[], object], what: str) -> None:
        """Wait for something; fail with all output if it does not happen in time."""
        ended = self.process.poll
        self._wait(lambda: happens() or ended() is not None, what)
        assert happens(), f"{what}:\n{self.text}"

    def until_ended(self, happens: Callable[[], object], what: str) -> None:
        """`until`, for what happens after Snakemake has ended."""
        self._wait(happens, what)

    def _wait(self, happens: Callable[[], object], what: str) -> None:
        begun = time.monotonic()
        end = begun + LIMIT_SECONDS
        while not happens():
            if time.monotonic() > end:  # other work may have begun meanwhile
                end = begun + limit()
                assert time.monotonic() < end, f"{what}:\n{self.text}"
            time.sleep(0.2)

    def finish(self, seconds: float = LIMIT_SECONDS) -> int:
        """Wait for the end; the exit code. Fails if it waits forever."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        try:  # other work may have begun meanwhile
            return self.process.wait(limit(seconds) - seconds)
        except subprocess.TimeoutExpired:
            self.end()
            raise AssertionError(f"Snakemake still waits: {self.jobs}\n{self.text}") from None

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # once: the plugin then cancels its jobs
            try:
                self.process.wait(limit(30))
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
        if active := [number for number, state in self.jobs.items() if state in ACTIVE]:
            self.cluster.run("scancel", *active, check=False)
        self.output.unlink(missing_ok=True)


def overlay(folder: Path, values: dict) -> list:
    """Flags for the tiny study with some values changed."""
    path = folder / "overlay.yaml"
    path.write_text(yaml.safe_dump(values))
    return ["--configfile", TINY, path]
