"""docs/statements.md is what the judges say."""

import pytest

from spatial_mae.claims.engine import PERCENT, POINTS, Contrast
from spatial_mae.claims.judging import JUDGES
from spatial_mae.claims.shapes import Mean, Rise
from spatial_mae.papers.statements import statements
from spatial_mae.report import statements_page


def test_the_page_is_up_to_date(project):
    page = (project / "docs/statements.md").read_text()
    assert page == statements_page.document(), "run make docs"


def test_every_statement_has_its_line(tmp_path):
    statements_page.main([str(tmp_path / "page.md")])
    page = (tmp_path / "page.md").read_text()
    assert all(page.count(f"\n| `{one['id']}` |") == 1 for one in statements())


def test_every_judge_says_what_it_does():
    assert [name for name, judge in JUDGES.items() if len(judge.rule.split()) < 4] == []
    assert not [name for name, judge in JUDGES.items() if "partial(" in judge.rule]


@pytest.mark.parametrize(
    ("contrast", "words"),
    [
        (Contrast(Rise(), ("mask",), "it rises by", 0.02, "seen", unit=POINTS), "by 2.0 points or"),
        (Contrast(Mean(0.05), (), "it is off", 0, "near", unit=PERCENT), "off: within 5.0% (near)"),
        (Contrast(Mean(-0.5), (), "the share", 0, "half", unit=PERCENT), "share: at least 50.0%"),
    ],
)
def test_the_smallest_effect_in_words(contrast, words):
    assert words in statements_page.smallest(contrast)
