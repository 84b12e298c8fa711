"""docs/figures.md is what the declarations say."""

import re

import pytest

from spatial_mae.figures.drawing import documentation
from spatial_mae.figures.drawing.catalogue import figure_names, in_paper


def test_the_page_is_up_to_date(project):
    page = (project / "docs/figures.md").read_text()
    assert page == documentation.document(), "run make docs"


def test_every_figure_has_its_command(tmp_path):
    documentation.main([str(tmp_path / "figures.md")])
    page = (tmp_path / "figures.md").read_text()
    for name in figure_names():
        assert page.count(f"\n| `{name}` |") == 1
        assert re.search(rf"/figures/{name}\.pdf( --configfile [\w/.]+)?`", page)


def test_a_figure_that_no_study_draws_is_an_error():
    with pytest.raises(ValueError, match="no study draws the figure 'gabor'.*kind 'gabor'"):
        documentation._row("gabor", {"config.yaml": {"study": "empty", "experiments": []}})


def test_what_a_figure_answers_is_read_from_its_module():
    assert in_paper("gabor") == in_paper("gabor-small") == "Bisulco Fig. 7"


def test_a_figure_must_say_what_it_answers(tmp_path, monkeypatch):
    monkeypatch.setattr("spatial_mae.figures.drawing.catalogue.FOLDER", tmp_path)
    (tmp_path / "new.py").write_text('KIND = "gabor"\n')
    with pytest.raises(ValueError, match="must say IN_PAPER"):
        in_paper("new")
