"""Judges of gains of masking on made rank correlations."""

import pytest

from spatial_mae.claims import gains as judges

BASE = {"dataset": "leaves", "n_images": 1000, "pixels": "lossless", "colour": "luma", "patch": 8}


def ranks(value, predictor="turn", error=0.05, **others):
    start = {"target": "gabor", "mask_ratio": 0.5, "n_latents": 64, "predictor": predictor}
    return {**BASE, **start, "rank_correlation": value, "standard_error": error, **others}


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.95, "holds"), (0.55, "inconclusive"), (0.3, "fails"), (-0.9, "fails")],
)
def test_each_predictor_is_judged_by_its_own_rows(value, verdict):
    tables = {"target_ranks": [ranks(value), ranks(-0.9, "redundancy"), ranks(1.0, "exact")]}
    found = judges.turn_orders_targets(tables)
    assert found.verdict == verdict
    assert "not of the papers" in found.conditions
    assert judges.redundancy_orders_targets(tables).verdict == "fails"


def test_the_family_is_named_where_it_decides():
    rows = [ranks(0.9), ranks(0.92, mask_ratio=0.75), ranks(0.1, target="depth")]
    rows += [ranks(0.12, target="depth", mask_ratio=0.75)]
    found = judges.turn_orders_targets({"target_ranks": rows})
    assert found.verdict == "holds-under-conditions"
    assert "target gabor" in found.sentence


def test_without_the_predictor_nothing_is_judged():
    tables = {"target_ranks": [ranks(0.9, "exact")]}
    assert judges.turn_orders_targets(tables).verdict == "not-run"


def test_an_unknown_error_decides_nothing():
    tables = {"target_ranks": [ranks(0.9, error=None)]}
    with pytest.raises(ValueError, match="standard error"):
        judges.turn_orders_targets(tables)
