"""What SLURM adds to jobs: a study and a grid of cells on a real cluster of one node, and locally.

The cluster is that of the tests (tests/slurm/one_node.py). All contenders share this machine's
cores, so the difference is what submitting, starting and following the jobs costs. The executor
plugin looks at its jobs ever more rarely (up to 180 s); "looking each second" is the tests' way.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from benchmarks.timing import ROOT

SLURM_TESTS = ROOT / "tests/slurm"
PROFILE = ROOT / "workflow/profiles/slurm"
CELLS, CELLS_ALONE = 200, 40


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    sys.path.insert(0, str(SLURM_TESTS))
    from one_node import OneNode, missing

    if why := missing():
        return [(f"not run: {why}", [{"": ""}])]
    with tempfile.TemporaryDirectory() as folder, OneNode(folder) as cluster:
        cells = 2 if quick else CELLS
        rows = [
            _grid(cluster, cells, "local, 2 at a time", local=True),
            _grid(cluster, cells, "SLURM, packed"),
            _grid(cluster, min(cells, CELLS_ALONE), "SLURM, one job per cell", packed=False),
        ]
        result = [("a grid of Ising chains, seconds of wall time", rows)]
        if not quick:
            result.append(("the study quick, to its report", _study(cluster)))
    return result


def _grid(cluster, cells: int, name: str, packed: bool = True, local: bool = False) -> dict:
    grid = {"lattice": ["chain"], "patch": [4, 8], "moment": ["exact"]}
    grid["coupling"] = [round(0.01 * (n + 1), 2) for n in range(cells // 2)]
    entry = {"name": "ising", "kind": "ising_summary", "recipe": "chain", "grids": [grid]}
    config = {"experiments": [entry]}
    row = _run(cluster, config, ["results/quick/tables/ising.csv"], packed, local)
    return {"contender": name, "cells": cells, **row, "s a cell": row["s"] / cells}


def _study(cluster) -> list[dict]:
    return [
        {"contender": name, **_run(cluster, {}, ["report"], True, local)}
        for name, local in (("local", True), ("SLURM, packed", False))
    ]


def _run(cluster, config: dict, targets: list[str], packed: bool, local: bool) -> dict:
    """Seconds and number of SLURM jobs of a run in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        overlay = Path(folder) / "overlay.yaml"
        overlay.write_text(yaml.safe_dump(config or {"study": "quick"}))
        if local:
            program, flags = [sys.executable, "-m", "snakemake"], ["--cores", "2"]
        else:
            program = [sys.executable, SLURM_TESTS / "fast_polls.py"]
            flags = ["--profile", PROFILE, "--latency-wait", 3]
            # One component a job is the smallest group there is.
            flags += [] if packed else ["--groups", "solve_ising=alone", "--group-components"]
            flags += [] if packed else ["alone=1"]
        command = [*program, "-s", ROOT / "Snakefile", "--directory", folder, *flags]
        command += ["--configfile", overlay, "--", *targets]
        before, start = len(cluster.jobs()), time.perf_counter()
        environment = os.environ if local else cluster.environment
        done = subprocess.run(
            list(map(str, command)), env=environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(done.stdout[-4000:] + done.stderr[-4000:])
        seconds = time.perf_counter() - start
        return {"SLURM jobs": len(cluster.jobs()) - before, "s": seconds}
