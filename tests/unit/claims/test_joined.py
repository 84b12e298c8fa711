"""Claims along different axes, each with settings of its own, as one."""

from dataclasses import replace

import pytest

from spatial_mae.claims.conclusion import conclude
from spatial_mae.claims.engine import Contrast, Evidence
from spatial_mae.claims.joined import Joined
from spatial_mae.claims.shapes import Rise
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS

ALONG_PATCH = Contrast(Rise(), ("patch",), "patch gain", least=0.1, why="seen", repeat=None)
ALONG_MASK = replace(ALONG_PATCH, free=("mask",), says="mask gain")


def both(value, patches=(2, 4, 8), masks=(0.25, 0.75)):
    """Exact numbers on a grid."""
    table = [{"patch": p, "mask": m, "value": value(p, m)} for p in patches for m in masks]
    parts = [(ALONG_PATCH, "patches"), (ALONG_MASK, "masks")]
    return Joined([Evidence([{**r, "measure": name} for r in table], c) for c, name in parts])


def test_settings_of_both_stand_side_by_side():
    found = both(lambda p, m: p + m)
    assert len(found.where) == len(found.layouts) == len(found.keys) == len(found.places) == 5
    estimates = [found.weigh([place]).estimate for place in range(5)]
    assert estimates == [6, 6, 0.5, 0.5, 0.5]
    assert [found.weigh([place]).part for place in (0, 4)] == [0, 1]
    assert found.seen().n_parts == found.n_parts == 2


def test_of_all_settings_the_part_that_decides_is_given():
    denied = both(lambda p, m: p - m).weigh(range(5))
    assert (denied.estimate, denied.part, denied.affirm, denied.deny) == (-1.0, 1, 1.0, 0.0)


@pytest.mark.parametrize(
    ("value", "word", "says"),
    [
        (lambda p, m: p + m, HOLDS, "5 of 5 settings as claimed"),
        (lambda p, m: -p - m, FAILS, "0 of 5 settings as claimed"),
        (lambda p, m: p - m, CONDITIONAL, "measure patches: patch gain 600.0 points; measure mask"),
        (lambda p, m: m - p, CONDITIONAL, "measure masks: mask gain 50.0 points; measure patches"),
    ],
)
def test_every_part_is_claimed(value, word, says):
    found = conclude(both(value))
    assert (found.word, says in found.sentence) == (word, True)


@pytest.mark.parametrize("axes", [{"patches": (2,)}, {"masks": (0.25,)}])
def test_a_part_that_is_not_measured_leaves_nothing(axes):
    assert both(lambda p, m: p + m, **axes).where == []
