"""Judges of hierarchies of latents on tables made so that the answer is known."""

from math import nan

import pytest

from spatial_mae.claims import hierarchy
from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, NOT_RUN

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
        ((1.0, 1.2, 1.3), FAILS),
        ((1.2, 1.0, 1.2), FAILS),
        ((1.0, 1.05, 1.0), FAILS),  # less than a tenth of a level
    ],
)
def test_the_middle_must_be_clearly_above_both_ends(values, verdict):
    found = extremes(curve(*values))
    assert found.verdict == verdict
    assert found.evidence["level_ideal"] == 2 and found.evidence["level_aggressive"] == 1
    assert "conservative 1, aggressive 1, ideal 2" in found.conditions


def test_two_mask_ratios_decide_nothing():
    assert extremes(curve(1.0, 1.2, ratios=(0.1, 0.9))).verdict == NOT_RUN


@pytest.mark.parametrize(("error", "verdict"), [(0.01, HOLDS), (0.2, INCONCLUSIVE)])
def test_drawn_masks_decide_only_beyond_their_noise(error, verdict):
    assert extremes(curve(1.0, 1.2, 1.0, error=error, method="sampling")).verdict == verdict


def test_the_best_of_many_ratios_is_compared_with_the_best_of_noise():
    ratios = [0.1 * k for k in range(1, 10)]
    rows = curve(*(1.0, 1.0, 1.0, 1.12, 1.0, 1.0, 1.0, 1.0, 1.0), ratios=ratios, error=0.05)
    assert extremes(rows).verdict == INCONCLUSIVE


def test_the_best_method_of_a_setting_decides():
    sampled = curve(1.2, 1.0, 1.2, error=0.001, method="sampling")
    for rows in (curve(1.0, 1.2, 1.0) + sampled, sampled + curve(1.0, 1.2, 1.0)):
        found = extremes(rows)
        assert found.verdict == HOLDS and found.evidence["settings"] == 1


def test_laws_are_settings_and_a_probability_is_no_level():
    rows = curve(1.0, 1.2, 1.0) + curve(1.0, 1.0, 1.0, law="displaced")
    rows += curve(0.0, 0.0, 0.0, definition="top_alone")
    found = extremes(rows)
    assert found.verdict == CONDITIONAL and found.evidence["settings"] == 2
    assert found.sentence.startswith("mask law exact: level gained between the extreme mask ratios")
    assert found.sentence.endswith("0.20 levels; mask law displaced: 0.00 levels.")


def units(*values, gain=0.5, **others):
    """Levels of mask units of several sizes at mask ratios 0.1 and 0.5, where they are higher."""
    return [
        level(v + extra, m, unit_level=u, **others)
        for m, extra in ((0.1, 0.0), (0.5, gain))
        for u, v in enumerate(values)
    ]


def larger(rows):
    return hierarchy.larger_units_and_ratios_are_higher({"hierarchy_levels": rows})


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((1.0, 2.0, 3.0), HOLDS), ((1.0, 3.0, 1.5), CONDITIONAL), ((1.0, 1.0, 1.0), CONDITIONAL)],
)
def test_larger_units(values, verdict):
    found = larger(units(*values))
    assert found.verdict == verdict
    ratios_alone = found.sentence.startswith("measure ratios: level gained from the lowest")
    assert ratios_alone == (verdict == CONDITIONAL)


@pytest.mark.parametrize(
    ("gain", "error", "verdict", "says"),
    [
        (0.5, 0.0, HOLDS, "level gained from the"),
        (0.05, 0.0, CONDITIONAL, "measure units: level gained from the smallest mask unit"),
        (-0.5, 0.0, CONDITIONAL, "measure units: level gained from the smallest mask unit"),
        (0.5, 1.0, INCONCLUSIVE, "level gained from the lowest mask ratio"),
    ],
)
def test_overly_small_ratios_must_be_lower_too(gain, error, verdict, says):
    found = larger(units(1.0, 2.0, 3.0, gain=gain, error=error))
    assert found.verdict == verdict
    assert says in found.sentence
    assert found.evidence["settings"] == 2 + 3


def test_neither_larger_units_nor_higher_ratios():
    assert larger(units(3.0, 2.0, 1.0, gain=-0.5)).verdict == FAILS


def test_one_mask_ratio_is_half_of_the_statement():
    rows = [row for row in units(1.0, 2.0, 3.0) if row["mask_ratio"] == 0.5]
    assert larger(rows).verdict == NOT_RUN


@pytest.mark.parametrize(
    ("values", "error", "verdict"),
    [
        ((1.0, 2.0, 1.9), 0.05, HOLDS),
        ((1.0, 2.0, 1.2), 0.01, CONDITIONAL),
        ((1.0, 1.2), 0.1, INCONCLUSIVE),
    ],
)
def test_with_drawn_masks_only_what_exceeds_their_noise_counts(values, error, verdict):
    assert larger(units(*values, error=error, method="sampling")).verdict == verdict


def test_trees_are_named():
    found = larger(units(1.0, 2.0) + units(2.0, 1.0, gain=-0.5, arity=4, depth=4))
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("graph 2-ary 1-D of depth 8: level gained")
    assert "; graph 4-ary 1-D of depth 4: -2.00 levels" in found.sentence


def test_one_unit_decides_nothing():
    assert larger(units(1.0)).verdict == NOT_RUN


@pytest.mark.parametrize("change", [{"value": nan}, {"value": None}, {"standard_error": None}])
@pytest.mark.parametrize("identity", ["kong.fig4.extremes", "kong.small_units"])
def test_a_missing_number_is_inconclusive_with_its_reason(identity, change):
    rows = curve(1.0, 1.2, 1.0, unit_level=0) + curve(2.0, 2.2, 2.0, unit_level=1)
    rows[0] |= change
    tables = {"hierarchy_levels": rows, "hierarchy_cases": CASES}
    found = judge_statement({"id": identity, "needs": "cpu"}, tables)
    assert found.verdict == INCONCLUSIVE
    assert "in 1 of " in found.sentence


def audit(graph="random 1", **others):
    counts = {"conditions": 14, "least_and_unique": 14, "complement": 14}
    row = {"graph": graph, "n_masks": 14, **counts, "separated_alone": 6, "least_visible": 2}
    return {**row, **others}


def theorem(rows):
    tables = {"hierarchy_audit": rows}
    return judge_statement({"id": "kong.theorem1", "needs": "theory"}, tables)


@pytest.mark.parametrize(
    ("other", "verdict"),
    [({}, HOLDS), ({"least_and_unique": 13}, FAILS), ({"conditions": 0}, FAILS)],
)
def test_one_counterexample_refutes_theorem_1(other, verdict):
    found = theorem([audit(), audit("random 2", **other)])
    assert found.verdict == verdict
    assert found.evidence["masks"] == 28
    assert "separated given c alone: 12" in found.conditions


def test_theorem_1_false_on_most_graphs_is_not_under_conditions():
    rows = [audit("Fig. 4")] + [audit(f"random {k}", conditions=13) for k in range(22)]
    found = theorem(rows)
    assert found.verdict == FAILS
    assert found.sentence == "22 masks on 22 of 23 graphs contradict the theorem."
    assert found.evidence["graphs_refuting"] == 22


def test_properties_that_fail_for_different_masks_are_not_added_up():
    assert theorem([audit(conditions=13, least_and_unique=12)]).sentence.startswith("2 masks")


@pytest.mark.parametrize("count", [nan, None, 13.5])
def test_counts_that_are_none_are_inconclusive(count):
    found = theorem([audit(), audit("random 2", least_and_unique=count)])
    assert found.verdict == INCONCLUSIVE
    assert f"C the one least set of graph random 2: {count}, no whole number" in found.sentence


def test_no_graphs_are_not_run():
    assert hierarchy.shared_information_is_unique({"hierarchy_audit": []}).verdict == NOT_RUN
