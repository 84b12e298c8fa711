"""Judges of reconstruction error and of the data's autocorrelation."""

from math import log

from spatial_mae.claims.conditions import decide, evaluate, monotone, relative, rises
from spatial_mae.claims.registry import judge
from spatial_mae.claims.seeds import across_seeds, judged
from spatial_mae.claims.verdict import Verdict
from spatial_mae.claims.wording import share
from spatial_mae.tables.repeats import means
from spatial_mae.tables.rows import Row, Rows, Tables, masked
from spatial_mae.tables.runs import HIDDEN_ERROR, asked, completed, last, once
from spatial_mae.tables.settings import settings

# Strong: neighbours share at least half of their second moment.
STRONG = 0.5
# The decay is judged to a quarter of the largest displacement: farther, few pairs remain.
NEAR = 0.25


@judge("recon.mono", kinds=("losses",), figure="losses")
def reconstruction_improves(tables: Tables) -> Verdict:
    """The error on hidden patches of trained MAEs rises with the mask ratio.

    Without trained networks: at a fixed number of latents the least loss of the linear MAE does.
    """
    rows = masked(tables["losses"])
    outcomes = evaluate(rows, rises("mask_ratio", "loss"), free=("mask_ratio",))
    if trained := across_seeds(errors := _errors(tables), rises("mask"), ("mask",)):
        note = f"The linear MAE's minimum rises in {share(outcomes)} settings."
        return judged(trained, errors, needs="", size="rise_of_error_along_m", note=note)
    return decide(
        outcomes,
        rows,
        needs="the loss tables hold no two mask ratios in one setting: add mask ratios",
        size="rise_of_loss_along_m",
        note="This is the linear MAE's minimum; the paper's sentence is about trained networks.",
    )


def _errors(tables: Tables) -> list[Row]:
    """Errors on hidden patches of held-out images, at the end of pretraining."""
    rows = last(once(completed(tables.get("evaluation", ()))))
    return [row for row in rows if asked(row) == HIDDEN_ERROR]


@judge("poster.eqR", kinds=("autocorrelation",), figure="autocorrelation")
def correlations_are_local(tables: Tables) -> Verdict:
    """R, the mean of f(x) f(x + dx), is strong between neighbours and falls with distance."""
    rows = tables["autocorrelation"]
    return decide(
        evaluate(rows, _decays),
        rows,
        needs="the autocorrelation tables hold no displacement beyond 1 pixel: enlarge the recipe",
        size="fall_of_correlation",
        evidence=_decay_numbers(rows),
    )


def _decays(rows: Rows) -> tuple[bool, float] | None:
    curve = _by_distance(rows)
    farthest = max(1 + 1, NEAR * max(curve))
    near = {distance: -value for distance, value in curve.items() if 1 <= distance <= farthest}
    found = monotone(near)
    if found is None:
        return None
    falls, _ = found
    return falls and curve[1] >= STRONG, relative(curve[1], curve[max(near)])


def _by_distance(rows: Rows) -> dict[int, float]:
    """Mean correlation at each distance rounded to whole pixels."""
    rounded = [{**row, "distance": round(row["distance"])} for row in rows]
    return means(rounded, "distance", "correlation")


def _decay_numbers(rows: Rows) -> dict[str, float]:
    """Least correlation of neighbours, and the exponent of the decay from 1 to 4 pixels.

    An exponent of -1 would be the "inversely proportional" of the paper's text.
    """
    curves = [_by_distance(group) for group in settings(rows).values()]
    exponents = [log(c[4] / c[1]) / log(4) for c in curves if c.get(4, 0) > 0 and c.get(1, 0) > 0]
    numbers = {"neighbour_correlation_smallest": min(c[1] for c in curves if 1 in c)}
    if exponents:
        numbers |= {"decay_exponent_least": max(exponents), "decay_exponent_most": min(exponents)}
    return numbers
