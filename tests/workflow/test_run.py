"""What a finished run leaves, and what an interrupted one does."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from planning import TINY, clean_environment, planned, snakemake_in

from spatial_mae.study import configuration, grid, jobs
from spatial_mae.study.schema import completed

COSTS = ("seconds", "images_per_second", "peak_memory_bytes")
EXPERIMENTS = yaml.safe_load(TINY.read_text())["experiments"]
AXES = {axis for entry in EXPERIMENTS for axes in entry.get("grids", ()) for axis in axes}


def test_every_figure_has_its_files_and_numbers(finished):
    config = yaml.safe_load((finished / "results/tiny/config.yaml").read_text())
    for name in grid.figures(config):
        for suffix in ("pdf", "png", "csv", "record.json"):
            path = finished / f"results/tiny/figures/{name}.{suffix}"
            assert path.stat().st_size > 0, path


def test_the_written_config_holds_every_default(finished):
    written = yaml.safe_load((finished / "results/tiny/config.yaml").read_text())
    base, tiny = (yaml.safe_load(p.read_text()) for p in (finished / "config.yaml", TINY))
    assert written == completed(configuration.merged(base, tiny)) == completed(written)


def test_every_result_has_a_run_record(finished):
    tables = [
        *finished.glob("results/tiny/tables/*.csv"),
        *finished.glob("results/linear/*/*/*.npz"),
    ]
    assert tables
    for path in tables:
        record = json.loads(path.with_suffix(".record.json").read_text())
        assert {"commit", "command", "versions", "host", "seconds", "seed", "inputs"} <= set(record)


def test_the_config_alone_tells_which_run_records_there_are(finished):
    config = yaml.safe_load((finished / "results/tiny/config.yaml").read_text())
    expected = {jobs.record_file(job) for job in jobs.study_jobs(config)}
    found = {p.relative_to(finished).as_posix() for p in finished.rglob("results/**/*record.json")}
    assert found == expected


def test_claims_list_every_statement_once(finished, project):
    claims = json.loads((finished / "results/tiny/claims.json").read_text())
    source = project / "src/spatial_mae/papers/statements.json"
    assert [c["id"] for c in claims] == [s["id"] for s in json.loads(source.read_text())]
    judged = [c for c in claims if c["verdict"] not in ("not-run", "not-testable")]
    assert len(judged) >= 20


def test_tables_carry_their_run(finished):
    with (finished / "results/tiny/tables/losses.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert {row["patch"] for row in rows} == {"2", "4"}
    assert {row["n_images"] for row in rows} == {"320"}


@pytest.fixture(scope="module")
def resumed(copy_project) -> tuple[Path, list]:
    """A second copy, whose study was stopped by Ctrl-C and started again: (folder, its flags)."""
    folder = copy_project()
    flags = ["tables", "--configfile", TINY, one_setting_each(folder / "one.yaml")]
    interrupt_after_moments(folder, flags)
    manifest = folder / "results/data/leaves/manifest.json"
    stamp = manifest.stat().st_mtime_ns
    assert planned(snakemake_in(folder)("-n", *flags, "--rerun-incomplete"))
    assert list(folder.rglob("results/**/.*.tmp*")) == []
    snakemake_in(folder)(*flags, "--rerun-incomplete")
    assert manifest.stat().st_mtime_ns == stamp
    return folder, flags


def one_setting_each(path: Path) -> Path:
    """Write an overlay with every experiment of the tiny study, at one setting of its grids.

    The deepest encoder, to which `similarity` compares, and all blocks tuned.
    """
    experiments = deepcopy(EXPERIMENTS)
    for entry in experiments:
        entry["figures"] = []  # some compare settings
        for axes in entry.get("grids", ()):
            for axis, values in axes.items():
                axes[axis] = values[-1:] if axis in ("enc", "blocks") else values[:1]
    path.write_text(yaml.safe_dump({"experiments": experiments}))
    return path


def test_after_ctrl_c_the_study_goes_on_where_it_stopped(resumed):
    folder, flags = resumed
    assert planned(snakemake_in(folder)("-n", *flags)) == {}


def test_the_same_seed_gives_the_same_tables(finished, resumed):
    folder, _ = resumed
    for path in (finished / "results/tiny/tables").glob("*.csv"):
        again, rows = results(folder / path.relative_to(finished)), results(path)
        settings = [setting(row) for row in again]
        assert again, path.name
        assert again == [row for row in rows if setting(row) in settings], path.name


def setting(row: dict) -> dict:
    """The axes of grids in a row."""
    return {axis: row[axis] for axis in AXES & row.keys()}


def results(path) -> list[dict]:
    """The rows of a table as text, without the columns that hold time and memory."""
    with path.open() as handle:
        return [
            {name: text for name, text in row.items() if not name.endswith(COSTS)}
            for row in csv.DictReader(handle)
        ]


def interrupt_after_moments(folder, flags):
    """Start a study and press Ctrl-C once some moments, and so their data, are there."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *map(str, flags)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # A test run in the background of a shell inherits an ignored SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 900  # jobs that are ready at once run in any order
    while not list(folder.glob("results/linear/leaves/*/moments.npz")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=120)
