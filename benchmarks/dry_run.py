"""How long planning takes: a dry run of the whole workflow, compared with Snakemake's own start."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from benchmarks.timing import ROOT, median, race, ratio

ROUNDS = 3
EXTRA = 1000  # runs added to the paper's study: room for the grids of later stages


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    overlays = {"quick": []}
    if not quick:
        paper = ROOT / "workflow/studies/paper.yaml"
        overlays |= {"paper": [paper], f"paper and {EXTRA} runs more": [paper, _larger(paper)]}
    contenders = {name: lambda files=files: _plan(files) for name, files in overlays.items()}
    contenders["snakemake --version"] = lambda: _snakemake("--version")
    seconds = race(contenders, 1 if quick else ROUNDS)
    rows = [
        {
            "study": name,
            "jobs": _jobs(_plan(files)),
            "s": median(seconds[name]),
            "ratio to snakemake --version": ratio(seconds, name, "snakemake --version"),
        }
        for name, files in overlays.items()
    ]
    return [(f"snakemake -n report, median of {1 if quick else ROUNDS}", rows)]


def _larger(paper: Path) -> Path:
    """An overlay with the paper's experiments and one more of EXTRA runs."""
    experiments = yaml.safe_load(paper.read_text())["experiments"]
    grid = {"lattice": ["chain"], "patch": [8], "moment": ["exact"]}
    grid["coupling"] = [round(0.001 * (n + 1), 3) for n in range(EXTRA)]
    extra = {"name": "extra", "kind": "ising_summary", "recipe": "chain", "figures": []}
    extra["grids"] = [grid]
    path = Path(tempfile.mkdtemp()) / "larger.yaml"
    path.write_text(yaml.safe_dump({"experiments": [*experiments, extra]}))
    return path


def _plan(overlays: list[Path]) -> str:
    flags = ["--configfile", *overlays] if overlays else []
    return _snakemake("-s", ROOT / "Snakefile", "-n", "--cores", "1", "report", *flags)


def _snakemake(*arguments: object) -> str:
    command = [sys.executable, "-m", "snakemake", *map(str, arguments)]
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(command, cwd=empty, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def _jobs(plan: str) -> int:
    return int(re.search(r"^total +(\d+)$", plan, re.MULTILINE)[1])
