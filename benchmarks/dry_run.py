"""How long planning takes: a dry run of the whole workflow, compared with Snakemake's own start."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from benchmarks.timing import ROOT, median, race, ratio

ROUNDS = 3
START = "snakemake --version"
SEEDS = 40  # instead of the paper's 3: a study of more than 10,000 jobs


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    overlays = {"quick": []}
    if not quick:
        paper = ROOT / "workflow/studies/paper.yaml"
        overlays |= {"paper": [paper], f"paper with {SEEDS} seeds": [paper, _larger(paper)]}
    contenders = {name: lambda files=files: _plan(files) for name, files in overlays.items()}
    contenders[START] = lambda: _snakemake("--version")
    seconds = race(contenders, 1 if quick else ROUNDS)
    rows = [
        {
            "study": name,
            "jobs": _jobs(_plan(files)),
            "s": median(seconds[name]),
            f"s beyond {START}": median(
                [a - b for a, b in zip(seconds[name], seconds[START], strict=True)]
            ),
            f"ratio to {START}": ratio(seconds, name, START),
        }
        for name, files in overlays.items()
    ]
    return [(f"snakemake -n report, median of {1 if quick else ROUNDS}", rows)]


def _larger(paper: Path) -> Path:
    """An overlay with the paper's experiments, each trained run with SEEDS seeds."""
    experiments = yaml.safe_load(paper.read_text())["experiments"]
    for grid in (grid for entry in experiments for grid in entry.get("grids", ())):
        if len(grid.get("seed", ())) > 1:
            grid["seed"] = list(range(SEEDS))
    path = Path(tempfile.mkdtemp()) / "larger.yaml"
    path.write_text(yaml.safe_dump({"experiments": experiments}))
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
