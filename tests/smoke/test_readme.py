"""What the README and the docs promise can be done."""

import re
import subprocess
import sys

import numpy as np
import yaml

from spatial_mae.study import grid
from spatial_mae.study.measurements import FIGURES
from spatial_mae.study.schema import completed


def test_the_library_example_runs(project):
    example = re.search(r"```python\n(.*?)```", (project / "README.md").read_text(), re.S)[1]
    images = np.random.default_rng(0).integers(0, 256, (1500, 32, 32, 3), dtype=np.uint8)
    names = {"images": images}
    exec(example, names)
    assert names["solution"].influence.shape == (1024, 1024)
    assert names["losses"].shape == (3, 1024)


def test_every_figure_is_in_the_readme_and_in_the_default_study(project):
    modules = {p.stem for p in (project / "src/spatial_mae/figures").glob("*.py")} - {"__init__"}
    section = (project / "README.md").read_text().partition("## Figures")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `(\w+)` ", section, re.M))
    assert modules == listed == set(FIGURES)
    drawn = set(grid.figures({"experiments": experiments(project)}))
    kinds = {entry["kind"] for entry in experiments(project)}
    assert {FIGURES[figure] for figure in modules - drawn} <= {"detection", *kinds}
    assert len(drawn) > 40


def experiments(project) -> list[dict]:
    return completed(yaml.safe_load((project / "config.yaml").read_text()))["experiments"]


def test_every_study_is_in_the_readme(project):
    text = (project / "README.md").read_text()
    studies = [p.name for p in (project / "workflow/studies").glob("*.yaml")]
    assert [name for name in studies if name not in text] == []


def test_links_between_pages_hold(project):
    for page in [project / "README.md", *(project / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_benchmarks_run(project):
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("## ") >= 3
