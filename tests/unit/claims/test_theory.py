"""Judges of the theorems: within the bounds, beyond each one, and without the numbers."""

import pytest

from spatial_mae.claims.registry import JUDGES
from spatial_mae.claims.theory import CHECKS, Bound
from spatial_mae.claims.verdict import FAILS, HOLDS, NOT_RUN, Undecidable

BOUNDS = [(check, bound) for check, bounds in CHECKS.items() for bound in bounds]


def lemmas(check, **changes):
    """A lemma table whose quantities sit on their bounds, but for the changes."""
    edges = {b.quantity: b.most if b.least == -float("inf") else b.least for b in CHECKS[check]}
    return [
        {"check": check, "quantity": name, "value": value, "n": 5}
        for name, value in (edges | changes).items()
    ]


@pytest.mark.parametrize("check", CHECKS)
def test_holds_on_the_bounds(check):
    found = JUDGES[check].decide({"lemmas": lemmas(check)})
    assert found.verdict == HOLDS
    assert found.n == 5
    assert set(found.evidence) == {bound.quantity for bound in CHECKS[check]}


@pytest.mark.parametrize(("check", "bound"), BOUNDS)
def test_fails_beyond_any_bound(check, bound):
    beyond = bound.least - 1 if bound.most == float("inf") else 2 * bound.most
    found = JUDGES[check].decide({"lemmas": lemmas(check, **{bound.quantity: beyond})})
    assert found.verdict == FAILS
    assert str(bound) in found.conditions
    assert found.evidence[bound.quantity] == beyond


@pytest.mark.parametrize(("check", "bound"), BOUNDS)
def test_a_missing_quantity_is_named(check, bound):
    rows = [row for row in lemmas(check) if row["quantity"] != bound.quantity]
    found = JUDGES[check].decide({"lemmas": rows})
    assert found.verdict == NOT_RUN
    assert bound.quantity in found.sentence


def test_without_any_row_three_quantities_are_named():
    found = JUDGES["T1"].decide({"lemmas": lemmas("R1")})
    assert found.verdict == NOT_RUN
    assert "min_relative_gap, max_relative_gap, max_principal_angle" in found.sentence


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_decides_nothing(value):
    rows = lemmas("L2.count", max_distance_to_subset=value)
    with pytest.raises(Undecidable, match=f"max_distance_to_subset is {value}"):
        JUDGES["L2.count"].decide({"lemmas": rows})


def test_the_worst_of_two_instances_decides():
    rows = lemmas("L1.objective") + lemmas("L1.objective", max_relative_error=1e-3)
    found = JUDGES["L1.objective"].decide({"lemmas": rows})
    assert found.verdict == FAILS
    assert found.evidence == {"max_relative_error": 1e-3}
    assert found.conditions == "broken: max_relative_error at most 1e-09."


def test_the_number_nearest_to_its_bound_is_shown():
    rows = lemmas("T1") + lemmas("T1", min_relative_gap=7.0, max_relative_gap=-7.0)
    found = JUDGES["T1"].decide({"lemmas": rows})
    assert found.evidence["min_relative_gap"] == -1e-9
    assert found.evidence["max_relative_gap"] == 1e-8


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        (Bound("gap", most=0.5), "gap at most 0.5"),
        (Bound("gap", least=1), "gap at least 1"),
        (Bound("gap", 1, 1), "gap = 1"),
    ],
)
def test_bounds_in_words(bound, text):
    assert str(bound) == text
