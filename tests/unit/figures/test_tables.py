"""The paper's tables beside ours: printed numbers stay, ours are means over seeds."""

import pytest

from spatial_mae.figures import table_robustness
from spatial_mae.figures.drawing.table import pick


def test_printed_rows_stand_beside_ours(sample):
    rows = table_robustness.select(sample("robustness"))
    printed, ours = (pick(rows, block=name) for name in ("printed", "ours"))
    (row,) = pick(printed, table=4, unit_pixels=32, shifted="imagenet_a")
    assert (row["value"], row["patch"], len(printed)) == (1.89, 32, 66)
    twice = pick(printed, table=1, mask=0.75, unit_pixels=16, shifted="own")
    assert [row["value"] for row in twice] == [67.41, 68.96]
    (row,) = pick(ours, unit=2, mask=0.5, shifted="cifar10_c")
    assert row["unit_pixels"] == 2 * row["patch"]
    assert (row["seeds"], row["high"] - row["low"]) == (2, pytest.approx(1.0))
    assert {r["shifted"] for r in ours} == {"own", "hazy", "cifar10_c"}


def test_sets_that_were_not_run_are_marked(sample):
    rows = table_robustness.select(sample("robustness"))
    left, right = table_robustness.draw(rows).axes
    words = [[text.get_text() for text in axis.texts] for axis in (left, right)]
    assert "73.31" in words[0] and "-" not in words[0]
    assert len(left.get_yticks()) == 11
    assert words[1].count("-") == 5 * len(right.get_yticks())
    assert [label.get_text() for label in right.get_xticklabels()][:2] == ["own", "INv2"]
