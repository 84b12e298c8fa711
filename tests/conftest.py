"""Fixtures of all tests."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from planning import TINY, snakemake_in
from snakemake.utils import update_config

# Before numpy and torch start: threads of processes that share the cores wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent.parent
# Files of tests that share the study which the fixture `finished` runs.
WORKFLOW = ("caching", "detection", "reliability", "run", "sharing", "tables")
OF_FINISHED = {
    *(f"tests/workflow/test_{name}.py" for name in WORKFLOW),
    "tests/smoke/test_report.py",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Where processes share the tests each takes whole files, and one all of `finished`."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "finished" if file in OF_FINISHED else file

    return Scheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def _own_memory(tmp_path_factory) -> None:
    """What tests measure of this machine is remembered for the session, and apart from the user."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.getbasetemp() / "remembered")
    os.environ.pop("SPATIAL_MAE_CHOICES", None)


@pytest.fixture(scope="session")
def project() -> Path:
    """The checkout under test."""
    return ROOT


@pytest.fixture
def generated(project) -> dict:
    """The study with every kind of experiment on generated data, as Snakemake merges it."""
    config = yaml.safe_load((project / "config.yaml").read_text())
    overlay = yaml.safe_load((project / "workflow/studies/generated.yaml").read_text())
    update_config(config, overlay)
    return config


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real images for development; tests that need it skip where it is absent."""
    named = os.environ.get("SPATIAL_MAE_SHARED")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real images: {folder} is absent (set SPATIAL_MAE_SHARED to their folder)")
    return folder


@pytest.fixture
def short_of_memory(monkeypatch) -> None:
    """No data set fits: all images are read from their files, batch by batch."""
    monkeypatch.setattr("spatial_mae.training.loader.SHARE_OF_MEMORY", 0)


@pytest.fixture(scope="session")
def copy_project(project, tmp_path_factory) -> Callable[[], Path]:
    """Make a fresh copy of what the workflow is made of."""

    def copy() -> Path:
        folder = tmp_path_factory.mktemp("project")
        for name in ("Snakefile", "config.yaml"):
            shutil.copy(project / name, folder)
        for name in ("workflow", "src", "envs"):
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(project / name, folder / name, ignore=ignored)
        return folder

    return copy


@pytest.fixture(scope="session")
def finished(copy_project) -> Path:
    """A copy in which the tiny study has run to its report."""
    folder = copy_project()
    snakemake_in(folder)("report", "--configfile", TINY)
    return folder
