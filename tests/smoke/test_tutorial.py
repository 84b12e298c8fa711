"""The tutorial runs from top to bottom, and shows what it is kept with."""

import json
import re

import nbformat
import pytest

from spatial_mae.report.notebook import run

MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def kept(project):
    return json.loads((project / "docs/tutorial.ipynb").read_text())


def shown(notebook: dict) -> list[list[str]]:
    """What every cell shows, without the digits, which differ from machine to machine."""
    return [
        [re.sub(r"[-+]?\d[\d.e+-]*", "#", text_of(output)) for output in cell.get("outputs", [])]
        for cell in notebook["cells"]
    ]


def text_of(output: dict) -> str:
    if "text" in output:
        return output["text"]
    kinds = sorted(output["data"])
    return " ".join([*kinds, output["data"]["text/plain"]])


def test_the_tutorial_runs_and_shows_what_is_kept(kept, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    again = run(kept)
    assert shown(again) == shown(kept), "run make docs"
    printed = " ".join(text for cell in again["cells"] for text in map(text_of, _outputs(cell)))
    error = float(re.search(r"error of the hidden pixels: (\S+)", printed)[1])
    assert error < 0.7  # it has learned something: 1 is the mean colour
    for difference in re.search(r"reconstruction (\S+), Jacobian (\S+)", printed).groups():
        assert float(difference) < 1e-5


def _outputs(cell: dict) -> list[dict]:
    return cell.get("outputs", [])


def test_the_tutorial_is_a_valid_notebook_and_small(project, kept):
    nbformat.validate(kept)
    assert (project / "docs/tutorial.ipynb").stat().st_size < MOST_BYTES
    pictures = [o for cell in kept["cells"] for o in _outputs(cell) if "image/png" in text_of(o)]
    assert len(pictures) == 3


def test_links_of_the_tutorial_hold(project, kept):
    text = "".join("".join(cell["source"]) for cell in kept["cells"])
    targets = re.findall(r"\]\(([^)#:]+)\)", text)
    assert targets
    assert [target for target in targets if not (project / "docs" / target).exists()] == []
