"""What the README and the docs promise can be done."""

import re
import subprocess
import sys

import numpy as np
import yaml

from spatial_mae.papers.statements import statements
from spatial_mae.report.rulegraph import draw, read_graph, read_stages
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


def test_every_figure_is_listed_and_drawn_on_generated_data(project, generated):
    modules = {p.stem for p in (project / "src/spatial_mae/figures").glob("*.py")} - {"__init__"}
    section = (project / "docs/measurements.md").read_text().partition("\n## Recipes")[0]
    listed = set(re.findall(r"^\| `(\w+)` ", section, re.M))
    assert modules == listed == set(FIGURES)
    everything = completed(generated)["experiments"] + experiments(project)
    drawn = set(grid.figures({"experiments": everything}))
    kinds = {entry["kind"] for entry in everything}
    assert {FIGURES[figure] for figure in modules - drawn} <= {"detection", *kinds}
    assert len(drawn) > 40


def test_the_readme_counts_what_there_is(project):
    drawn = grid.figures({"experiments": experiments(project)})
    counts = {"[statements]": len(statements()), "[figures]": len(FIGURES), "figures,": len(drawn)}
    for said, n in counts.items():
        (least,) = re.findall(
            rf"more than (\d+) {re.escape(said)}", (project / "README.md").read_text()
        )
        assert int(least) < n <= 2 * int(least)


def test_the_readme_is_short(project):
    assert len((project / "README.md").read_text().splitlines()) <= 90


def test_the_picture_of_the_rules_is_up_to_date(project):
    command = ["snakemake", "--rulegraph", "mermaid-js"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    drawn = draw(read_graph(done.stdout), read_stages(project / "workflow/rules"))
    assert (project / "docs/images/rulegraph.svg").read_text() == drawn, "run make docs"


def experiments(project) -> list[dict]:
    return completed(yaml.safe_load((project / "config.yaml").read_text()))["experiments"]


def test_every_study_is_listed(project):
    text = (project / "docs/studies.md").read_text()
    studies = [p.name for p in (project / "workflow/studies").glob("*.yaml")]
    assert [name for name in studies if name not in text] == []


def test_every_page_is_listed(project):
    text = (project / "docs/studies.md").read_text()
    pages = {p.name for p in (project / "docs").glob("*.*")} - {"studies.md"}
    assert [page for page in sorted(pages) if f"]({page})" not in text] == []


def test_links_between_pages_hold(project):
    for page in [*project.glob("*.md"), *(project / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_benchmarks_run(project):
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("## ") >= 3
