"""Judges of the theorems: within the bounds, beyond each one, and without the numbers."""

import pytest

from spatial_mae.claims.registry import JUDGES
from spatial_mae.claims.theory import CHECKS, Bound
from spatial_mae.claims.verdict import FAILS, HOLDS, NOT_RUN

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
    assert bound.quantity in found.conditions


def test_a_number_that_is_none_fails_and_stays_out_of_the_evidence():
    rows = lemmas("L2.count", max_distance_to_subset=float("nan"))
    found = JUDGES["L2.count"].decide({"lemmas": rows})
    assert found.verdict == FAILS
    assert "max_distance_to_subset" not in found.evidence


def test_the_worst_of_two_instances_decides():
    rows = lemmas("L1.objective") + lemmas("L1.objective", max_relative_error=1e-3)
    assert JUDGES["L1.objective"].decide({"lemmas": rows}).verdict == FAILS


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
