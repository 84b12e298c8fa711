"""Verdicts on influence in images whose population answer is known."""

from benchmarks.influence_truth import Law
from benchmarks.verdict_truth import STATEMENTS, exact_rows, verdicts

from spatial_mae.claims.influence import KIND
from spatial_mae.claims.judging import JUDGES


def test_few_images_never_decide_against_the_truth():
    rows = verdicts(Law(12, 3.0), 3000, draws=1)
    assert [row["statement"] for row in rows] == STATEMENTS
    assert not [row for row in rows if row["wrong"]]


def test_the_truth_itself_is_judged_without_noise():
    rows = exact_rows(Law(12, 3.0))
    assert all(row["interval_low"] == row["value"] == row["interval_high"] for row in rows)
    assert JUDGES["cifar.intra"].decide({KIND: rows}).verdict == "holds-under-conditions"
