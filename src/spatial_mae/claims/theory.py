"""Judges of the theorems: numbers of the lemma table within bounds that rounding allows.

The instance is small enough to enumerate all its masks or states; a search that finds anything
below the closed form, or a formula that is off by more than rounding, makes the statement fail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, isfinite

from spatial_mae.claims.registry import judge
from spatial_mae.claims.verdict import FAILS, HOLDS, Undecidable, Verdict, not_run
from spatial_mae.tables.rows import Rows, Tables

# Two float64 ways to the same number: rounding leaves some 1e-13, a wrong formula far more.
EXACT = 1e-9
# Losses after a search: flat to second order, so that they meet to nearly full precision.
SEARCHED_LOSS = 1e-8
# Solutions after a search: the square root of the loss's precision, and room for small eigengaps.
SEARCHED = 1e-3
# What must differ for a check to mean anything differs by a hundred times the search's precision.
DIFFERENT = 1e-6
# A feature is selected when nine tenths of its energy are in the model's, not selected when one
# tenth is.
SELECTED, LEFT = 0.9, 0.1


@dataclass(frozen=True)
class Bound:
    """What a quantity of the lemma table must not leave for its statement to hold."""

    quantity: str
    most: float = inf
    least: float = -inf

    def holds(self, value: float) -> bool:
        return self.least <= value <= self.most

    def __str__(self) -> str:
        if self.least == self.most:
            return f"{self.quantity} = {self.most:g}"
        parts = [f"at least {self.least:g}"] if self.least > -inf else []
        parts += [f"at most {self.most:g}"] if self.most < inf else []
        return f"{self.quantity} {' and '.join(parts)}"


CHECKS: dict[str, tuple[Bound, ...]] = {
    "L1.objective": (Bound("max_relative_error", EXACT),),
    "L1.m0_is_AE": (Bound("objective_error", EXACT), Bound("influence_error", DIFFERENT)),
    "T1": (
        Bound("min_relative_gap", least=-EXACT),
        Bound("max_relative_gap", SEARCHED_LOSS),
        Bound("max_principal_angle", SEARCHED),
        Bound("max_influence_error", SEARCHED),
        Bound("min_excess_of_variance_features", least=DIFFERENT),
    ),
    "L2.count": (
        Bound("max_relative_gradient", EXACT),
        Bound("n_subsets", least=2),
        Bound("n_minima", 1, 1),
        Bound("max_distance_to_subset", SEARCHED),
        Bound("n_found_by_search", least=1),
    ),
    "AE.nolocal": (
        Bound("least_gap", least=-EXACT),
        Bound("share_at_minimum", 1, 1),
        Bound("n_minima", 1, 1),
        Bound("top_set_is_minimum", 1, 1),
    ),
    "R1": (
        Bound("max_influence_difference", EXACT),
        Bound("min_influence_difference_with_correlations", least=SEARCHED),
    ),
    "ising.corr": (
        Bound("max_error_open_chain", EXACT),
        Bound("max_error_ring_formula", EXACT),
    ),
    "poster.jac": (Bound("max_relative_error", EXACT),),
    "poster.redundant": (
        Bound("max_shared_gain_error", EXACT),
        Bound("max_local_gain_error", EXACT),
        Bound("max_ae_overlap_with_shared", LEFT),
        Bound("min_mae_overlap_with_shared", least=SELECTED),
    ),
}


def within_bounds(check: str, bounds: Sequence[Bound], tables: Tables) -> Verdict:
    """Holds if every value of every bounded quantity of the check stays within its bound.

    Raises Undecidable for one that is not finite.
    """
    rows = [row for row in tables["lemmas"] if row["check"] == check]
    values = {bound: _values(rows, bound.quantity) for bound in bounds}
    if missing := [bound.quantity for bound in bounds if not values[bound]]:
        return not_run(f"The lemma table has no {', '.join(missing[:3])}: run its check.")
    for bound in bounds:
        if bad := [value for value in values[bound] if not isfinite(value)]:
            raise Undecidable(f"{bound.quantity} is {bad[0]}")
    broken = [b for b in bounds if not all(map(b.holds, values[b]))]
    kept = len(bounds) - len(broken)
    counts = [int(row["n"]) for row in rows if row.get("n") is not None]
    worst = {bound.quantity: _worst(bound, values[bound]) for bound in bounds}
    return Verdict(
        FAILS if broken else HOLDS,
        f"{kept} of {len(bounds)} checks on a small instance, all cases enumerated, agree with it.",
        "; ".join(f"{'broken: ' if b in broken else ''}{b}" for b in bounds) + ".",
        {**lemma_numbers(check, tables), **worst},
        min(counts, default=None),
        "small instance, no images; n counts its cases",
    )


def lemma_numbers(check: str, tables: Tables) -> dict[str, float]:
    """The finite numbers of a check of the lemma table; none without the table."""
    rows = [row for row in tables.get("lemmas", ()) if row["check"] == check]
    return {
        row["quantity"]: row["value"]
        for row in rows
        if row["value"] is not None and isfinite(row["value"])
    }


def _values(rows: Rows, quantity: str) -> list[float]:
    return [
        row["value"] for row in rows if row["quantity"] == quantity and row["value"] is not None
    ]


def _worst(bound: Bound, values: Sequence[float]) -> float:
    nearest = min if bound.least > -inf else max
    return next((v for v in values if not bound.holds(v)), nearest(values))


for _check, _bounds in CHECKS.items():
    _rule = f"Numbers of the lemma table are within bounds: {', '.join(map(str, _bounds))}."
    judge(_check, kinds=("lemmas",), rule=_rule)(partial(within_bounds, _check, _bounds))
