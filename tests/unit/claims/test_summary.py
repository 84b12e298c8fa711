"""Claims in five lines and as a table."""

from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.summary import main, markdown, summary
from spatial_mae.files import write_json


def claim(identity, verdict, **others):
    start = {"id": identity, "source": "001", "quote": "a | b", "verdict": verdict}
    rest = {"conditions": "why", "evidence": {}, "n": None, "data": "", "figure": None}
    return {**start, **rest, **others}


CLAIMS = [
    claim("one", "holds", evidence={"gap": 0.25}, n=8),
    claim("two", "fails"),
    claim("imagenet.epochs", "not-run"),
    claim("kong.tpu", "not-run"),
    claim("five", "not-run", conditions="no table"),
    claim("six", "not-testable"),
]


def test_summary_names_and_counts():
    assert summary(CLAIMS) == [
        "6 statements: 1 hold, 0 hold under conditions, 1 fail, 3 not run, 1 not testable",
        "hold: one",
        "hold under conditions: none",
        "fail: two",
        "not run: 3; tables missing for: five",
    ]


def test_summary_of_a_study_without_gaps():
    assert summary(CLAIMS[:2])[-1] == "not run: 0; tables missing for: none"


def test_summary_has_at_most_five_lines():
    assert len(summary(judge_all({}))) == 5


def test_main_prints_the_lines(tmp_path, capsys):
    write_json(tmp_path / "claims.json", CLAIMS)
    main([str(tmp_path / "claims.json")])
    assert capsys.readouterr().out.splitlines() == summary(CLAIMS)


def test_markdown_has_a_row_for_each_claim_and_escapes_bars():
    lines = markdown("quick", CLAIMS).splitlines()
    assert lines[0] == "# Claims of the study quick"
    assert lines[2].startswith("6 statements: 1 hold")
    rows = lines[6:]
    assert len(rows) == len(CLAIMS)
    assert rows[0] == "| one | “a \\| b” | holds | why | gap = 0.25 | 8 |  |"
