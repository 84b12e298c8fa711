"""Claims in a few lines, paper by paper, and as a table."""

from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.summary import main, markdown, summary
from spatial_mae.claims.verdict import VERDICTS
from spatial_mae.files import write_json


def claim(identity, verdict, **others):
    start = {"id": identity, "source": "001", "quote": "a | b", "verdict": verdict}
    start |= {"scale": "", "role": "finding", "sentence": "found"}
    rest = {"conditions": "why", "evidence": {}, "n": None, "data": "", "figure": None}
    return {**start, **rest, **others}


CLAIMS = [
    claim("one", "holds", evidence={"gap": 0.25}, n=8, scale="3 epochs, width 64"),
    claim("two", "fails"),
    claim("three", "holds"),
    claim("four", "inconclusive", source="003"),
    claim("five", "holds", role="setting", source="003"),
    claim("six", "not-run", role="setting", source="003"),
]


def test_papers_are_apart_and_the_scale_is_in_the_word():
    assert summary(CLAIMS) == [
        "Bisulco et al. 2025: 3 findings: 2 hold, 0 hold under conditions, 1 fail, 0 inconclusive, "
        "0 too small, 0 not run, 0 not testable",
        "  hold at 3 epochs, width 64: one",
        "  hold: three",
        "  fail: two",
        "Kong et al. 2023: 1 findings: 0 hold, 0 hold under conditions, 0 fail, 1 inconclusive, "
        "0 too small, 0 not run, 0 not testable; 2 settings: 1 as in the paper",
    ]


def test_settings_are_not_counted_among_findings():
    line = summary([claim("a", "holds", role="setting")])[0]
    assert "0 findings: 0 hold" in line
    assert line.endswith("1 settings: 1 as in the paper")


def test_without_tables_no_verdict_is_decided():
    claims = judge_all({})
    assert {c["verdict"] for c in claims} <= {"not-run", "not-testable"}
    assert all(c["verdict"] in VERDICTS for c in claims)


def test_main_prints_the_lines(tmp_path, capsys):
    write_json(tmp_path / "claims.json", CLAIMS)
    main([str(tmp_path / "claims.json")])
    assert capsys.readouterr().out.splitlines() == summary(CLAIMS)


def test_markdown_has_a_row_for_each_claim_and_escapes_bars():
    lines = markdown("quick", CLAIMS).splitlines()
    assert lines[0] == "# Claims of the study quick"
    rows = lines[6:]
    assert len(rows) == len(CLAIMS)
    assert rows[0] == (
        "| one | “a \\| b” | holds at 3 epochs, width 64 | found | why | gap = 0.25 | 8 |  |"
    )
    assert "| setting: holds |" in rows[4]
