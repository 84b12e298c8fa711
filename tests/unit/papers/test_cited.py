import pytest
import yaml

from spatial_mae.papers.cited import PAPERS, PROJECT, paper_of, papers_in
from spatial_mae.papers.statements import SOURCES


def test_every_source_belongs_to_a_paper_or_the_project():
    assert {paper_of(source) for source in SOURCES} == {*PAPERS, PROJECT}
    assert [source for source in SOURCES if paper_of(source) == PROJECT] == ["own"]
    with pytest.raises(ValueError, match="unknown source '009'"):
        paper_of("009")


def test_titles_and_addresses_are_those_to_cite(project):
    cited = yaml.safe_load((project / "CITATION.cff").read_text())["references"]
    found = [(one["title"], one["url"].replace("http:", "https:"), one["year"]) for one in cited]
    assert found == [(p.title, p.address, int(p.name.split()[-1])) for p in PAPERS]


def test_papers_that_a_figure_names():
    assert papers_in("Bisulco Fig. 7") == [PAPERS[0]]
    assert papers_in("Bisulco and Kong") == list(PAPERS)
    assert papers_in("") == []
