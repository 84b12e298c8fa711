"""docs/measurements.md is what the declarations say."""

import re

import pytest

from spatial_mae.figures.drawing import documentation
from spatial_mae.figures.drawing.catalogue import figure_names, in_paper
from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.kinds import columns_of


def test_the_page_is_up_to_date(project):
    page = (project / "docs/measurements.md").read_text()
    assert page == documentation.document(), "run make docs"


def test_every_figure_has_its_command(tmp_path):
    documentation.main([str(tmp_path / "page.md")])
    page = (tmp_path / "page.md").read_text().partition("\n## Recipes")[0]
    for name in figure_names():
        assert page.count(f"\n| `{name}` |") == 1
        assert re.search(rf"/figures/{name}\.pdf( --configfile [\w/.]+)?`", page)


def test_every_kind_has_its_section_and_every_column_its_line(project):
    page = documentation.document(project)
    for name, kind in KINDS.items():
        section = page.partition(f"\n### Kind `{name}`\n")[2].partition("\n#")[0]
        assert kind.table in section
        assert all(f"`{column}`" in section for column in columns_of(name))
    columns = page.partition("\n## Columns\n")[2]
    assert "| `power` | power of \\|J\\| |" in columns and "| `power` of `psd` | power |" in columns
    assert all(f"\n| `{name}` |" in columns for kind in KINDS for name in columns_of(kind))


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
