import pytest

from spatial_mae.papers.cited import PAPERS
from spatial_mae.report.findings import leading, summaries, tally

FIRST, SECOND = PAPERS


def claim(number, verdict, settings=0, drawn=None, paper=FIRST, role="finding"):
    evidence = {"settings": settings} if settings else {}
    found = {"id": number, "verdict": verdict, "evidence": evidence, "drawn": drawn}
    return found | {"paper": paper, "role": role}


@pytest.fixture
def picture(study):
    return study / "mini" / "figures" / "taylor.png"


def test_one_of_each_verdict_leads_with_a_figure_first_then_the_most_settings():
    claims = [claim(0, "holds", 99), claim(1, "holds", 2, "a"), claim(2, "holds", 5, "a")]
    claims += [claim(3, "holds-under-conditions"), claim(4, "fails"), claim(5, "inconclusive", 7)]
    assert [found["id"] for found in leading(claims)] == [2, 4, 3]


def test_a_verdict_that_does_not_occur_leaves_its_place_to_the_others():
    claims = [claim(0, "fails"), claim(1, "holds", 2), claim(2, "holds", 5), claim(3, "holds", 9)]
    assert [found["id"] for found in leading(claims)] == [3, 2, 0]
    assert [found["id"] for found in leading(claims[:1])] == [0]
    assert leading([claim(0, "too-small")]) == []


def test_the_tally_counts_each_verdict_that_occurs():
    claims = [claim(0, "holds"), claim(1, "fails"), claim(2, "fails"), claim(3, "not-run")]
    assert tally(claims) == "1 holds, 2 fail, 1 not run"


def test_the_figure_is_the_one_behind_most_decided_findings(picture):
    figures = [{"name": name, "papers": [FIRST], "path": picture} for name in ("a", "b", "c")]
    claims = [claim(0, "holds", 9, "a"), claim(1, "holds", 1, "b"), claim(2, "fails", 1, "b")]
    claims += [claim(n, "too-small", drawn="c") for n in (3, 4, 5)]
    first, second = summaries([*claims, claim(6, "not-run", paper=SECOND)], figures)
    assert first["figure"]["name"] == "b"
    assert second["figure"] is None and second["leading"] == []


def test_without_decided_findings_the_papers_first_figure_is_taken(picture):
    figures = [{"name": "a", "papers": [SECOND], "path": picture}]
    figures += [{"name": name, "papers": [FIRST], "path": picture} for name in ("b", "c")]
    (summary,) = summaries([claim(0, "not-run"), claim(1, "holds", role="setting")], figures)
    assert summary["figure"]["name"] == "b"
    assert summary["n"] == 1
