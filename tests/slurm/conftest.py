"""A cluster of one node, and the workflow on it."""

import fcntl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from one_node import OneNode, missing
from submission import Submission


@pytest.fixture(scope="session")
def cluster(tmp_path_factory) -> Iterator[OneNode]:
    """A running cluster; tests of it skip where SLURM is not installed."""
    if why := missing():
        pytest.skip(f"no SLURM: {why}")
    with (Path(tempfile.gettempdir()) / "one-node-slurm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one cluster a machine at a time
        with OneNode(tmp_path_factory.mktemp("cluster")) as node:
            yield node


@pytest.fixture
def submit(cluster) -> Iterator[Callable[..., Submission]]:
    """Start Snakemake on the cluster: submit(project, target, flags ...)."""
    begun: list[Submission] = []

    def start(project: Path, *arguments: object, path: str | None = None) -> Submission:
        begun.append(Submission(cluster, project, *arguments, path=path))
        return begun[-1]

    yield start
    for submission in begun:
        submission.end()
