"""Judges of hierarchies of latents on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import hierarchy
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN

TREE = {"dimensions": 1, "arity": 2, "depth": 8}
CASES = [
    {"case": case, "level": level, "role": role}
    for case, shared in (("conservative", 1), ("aggressive", 1), ("ideal", 2))
    for level, role in ((shared, "shared"), (0, "hidden"))
]


def level(value, mask_ratio=0.5, error=0.0, **others):
    start = {"law": "exact", "unit_level": 0, "definition": "mean", "method": "formula"}
    row = {"mask_ratio": mask_ratio, "value": value, "standard_error": error}
    return {**TREE, **start, **row, "n_masks": 100, **others}


def curve(*values, ratios=(0.1, 0.5, 0.9), **others):
    return [level(v, m, **others) for v, m in zip(values, ratios, strict=True)]


def extremes(rows):
    return hierarchy.extremes_are_low({"hierarchy_levels": rows, "hierarchy_cases": CASES})


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((1.0, 1.2, 1.0), HOLDS),
        ((1.0, 1.2, 1.2), FAILS),
        ((1.2, 1.0, 1.2), FAILS),
        ((1.0, 1.005, 1.0), FAILS),
    ],
)
def test_the_middle_must_lie_clearly_above_both_ends(values, verdict):
    found = extremes(curve(*values))
    assert found.verdict == verdict
    assert found.evidence["level_ideal"] == 2 and found.evidence["level_aggressive"] == 1
    assert "conservative 1, aggressive 1, ideal 2" in found.conditions


def test_two_mask_ratios_tell_nothing():
    assert extremes(curve(1.0, 1.2, ratios=(0.1, 0.9))).verdict == NOT_RUN


@pytest.mark.parametrize(("error", "verdict"), [(0.01, HOLDS), (0.05, NOT_RUN)])
def test_drawn_masks_decide_only_beyond_their_noise(error, verdict):
    assert extremes(curve(1.0, 1.2, 1.0, error=error, method="sampling")).verdict == verdict


def test_the_best_method_of_a_setting_decides():
    sampled = curve(1.2, 1.0, 1.2, error=0.001, method="sampling")
    for rows in (curve(1.0, 1.2, 1.0) + sampled, sampled + curve(1.0, 1.2, 1.0)):
        found = extremes(rows)
        assert found.verdict == HOLDS and found.evidence["settings"] == 1


def test_laws_are_told_apart_and_a_probability_is_no_level():
    rows = curve(1.0, 1.2, 1.0) + curve(1.0, 1.0, 1.0, law="displaced")
    rows += curve(0.0, 0.0, 0.0, definition="top_alone")
    found = extremes(rows)
    assert found.verdict == CONDITIONAL and found.evidence["settings"] == 2
    assert "by mask law: always for exact, never for displaced" in found.conditions


def units(*values, **others):
    return [level(v, unit_level=u, **others) for u, v in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((1.0, 2.0, 3.0), HOLDS), ((1.0, 3.0, 2.0), FAILS), ((1.0, 1.0, 1.0), FAILS)],
)
def test_larger_units(values, verdict):
    assert (
        hierarchy.larger_units_are_higher({"hierarchy_levels": units(*values)}).verdict == verdict
    )


@pytest.mark.parametrize(
    ("values", "error", "verdict"),
    [
        ((1.0, 2.0, 1.9), 0.05, HOLDS),
        ((1.0, 2.0, 1.9), 0.01, FAILS),
        ((1.0, 1.2), 0.1, NOT_RUN),
    ],
)
def test_with_drawn_masks_only_what_exceeds_their_noise_counts(values, error, verdict):
    rows = units(*values, error=error, method="sampling")
    assert hierarchy.larger_units_are_higher({"hierarchy_levels": rows}).verdict == verdict


def test_trees_are_told_apart_by_name():
    rows = units(1.0, 2.0) + units(2.0, 1.0, arity=4, depth=4)
    found = hierarchy.larger_units_are_higher({"hierarchy_levels": rows})
    assert found.verdict == CONDITIONAL
    assert "always for 2-ary 1-D of depth 8, never for 4-ary 1-D of depth 4" in found.conditions


def test_one_unit_tells_nothing():
    assert hierarchy.larger_units_are_higher({"hierarchy_levels": units(1.0)}).verdict == NOT_RUN


def audit(graph="random 1", **others):
    counts = {"conditions": 14, "least_and_unique": 14, "complement": 14}
    return {
        "graph": graph,
        "n_masks": 14,
        **counts,
        "separated_alone": 6,
        "least_visible": 2,
        **others,
    }


@pytest.mark.parametrize(
    ("other", "verdict"),
    [({}, HOLDS), ({"least_and_unique": 13}, CONDITIONAL), ({"conditions": 0}, CONDITIONAL)],
)
def test_theorem_1_must_hold_for_every_mask(other, verdict):
    rows = [audit(), audit("random 2", **other)]
    found = hierarchy.shared_information_is_unique({"hierarchy_audit": rows})
    assert found.verdict == verdict
    assert found.evidence["masks"] == 28
    assert "separated given c alone: 12" in found.conditions


def test_theorem_1_fails_where_no_graph_keeps_it():
    found = hierarchy.shared_information_is_unique({"hierarchy_audit": [audit(conditions=13)]})
    assert found.verdict == FAILS
