from pathlib import Path

from spatial_mae.papers.cited import PAPERS
from spatial_mae.report.figures import by_paper, ranges, read_figure, speak

FIGURE = {"name": "a", "title": "A title", "line": "Answers Fig. 1.", "ranges": "m 0 to 1"}
CLAIM = {"drawn": "a", "verdict": "fails", "words": "fails", "quote": "q", "sentence": "Off by 3%."}


def test_ranges_are_of_the_last_numeric_columns_that_vary():
    rows = [{"name": "x", "fixed": 1, "value": v, "low": 0, "high": v, "gap": None} for v in (1, 2)]
    assert ranges(rows) == "value 1 to 2"
    assert ranges([dict(zip("abcdef", [v] * 6, strict=True)) for v in (0.12345, 2)]).startswith(
        "c 0.1235 to 2, d "
    )
    assert ranges([]) == ""


def test_the_command_is_quoted_for_a_shell(study):
    found = read_figure("taylor", study / "mini/figures", "mini", Path("my own/config.yaml"))
    assert found["command"].endswith("taylor.pdf --configfile 'my own/config.yaml'")


def test_a_figure_says_what_was_judged_by_it():
    judged = speak(FIGURE, [CLAIM, CLAIM | {"drawn": "b"}, CLAIM | {"verdict": "not-run"}])
    assert judged["alt"] == "A title. “q” fails: Off by 3%."
    assert len(judged["judged"]) == 2


def test_a_figure_that_decides_nothing_says_what_is_plotted():
    assert speak(FIGURE, [])["alt"] == "A title. Answers Fig. 1. Plotted: m 0 to 1."
    assert speak(FIGURE | {"ranges": ""}, [])["alt"] == "A title. Answers Fig. 1."


def test_figures_are_grouped_by_paper_and_empty_groups_left_out():
    figures = [{"papers": papers} for papers in ([], [PAPERS[1]], list(PAPERS))]
    assert [group["key"] for group in by_paper(figures)] == ["kong", "both", "own"]
