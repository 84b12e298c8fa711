"""Numbers for each statement of the linear theory (Bisulco et al. 2025, Sec. 2, Apps. A, C and F).

Rows have a `check` (the statement), a `quantity`, its `value`, and `n`, the cases behind it.
"""

from collections.abc import Callable

import numpy as np

from spatial_mae.files import Row
from spatial_mae.linear.closed_form_checks import (
    Numbers,
    check_bias_variance,
    check_block_diagonal,
    check_jacobian,
    check_no_mask,
    check_objective,
    check_rank,
    check_redundancy,
)
from spatial_mae.linear.instance import MASK_RATIOS, Instance, LemmaRecipe, random_instance
from spatial_mae.linear.landscape import (
    check_n_subsets,
    check_trace_maximum,
    search_critical_points,
    search_minima,
    survey_critical_points,
)
from spatial_mae.linear.objective import objective
from spatial_mae.linear.signal_checks import chain_correlations, check_grating, check_zeroing


def lemma_rows(recipe: LemmaRecipe, rng: np.random.Generator) -> list[Row]:
    """All checks, as rows `check`, `quantity`, `value`, `n`.

    Raises ValueError if the instance is too large to enumerate its masks or critical points.
    """
    instance = random_instance(recipe, rng)
    check_n_subsets(len(instance.index), instance.n_latents)
    return [
        {"check": check, "quantity": quantity, "value": float(value), "n": n}
        for check, run in CHECKS.items()
        for numbers, n in [run(instance, rng)]
        for quantity, value in numbers.items()
    ]


def check_theorem(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """Theorem 1 against L-BFGS, the worst over the mask ratios."""
    k, restarts = instance.n_latents, instance.n_restarts
    found = [search_minima(instance.S, instance.index, m, k, restarts, rng) for m in MASK_RATIOS]
    gaps = [numbers["least_gap"] for numbers in found]
    least = ("share_at_minimum", "excess_of_variance_features")
    return {
        "min_relative_gap": min(gaps),
        "max_relative_gap": max(gaps),
        "max_principal_angle": max(numbers["angle"] for numbers in found),
        "max_influence_error": max(numbers["influence_error"] for numbers in found),
        **{f"min_{name}": min(numbers[name] for numbers in found) for name in least},
    }, restarts * len(MASK_RATIOS)


def check_critical_points(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """Lemma 2 both ways, m = 0.5: subsets are critical, and critical points found are subsets."""
    problem = objective(instance.S, instance.index, 0.5, instance.n_latents)
    numbers = survey_critical_points(problem)
    searched = search_critical_points(problem, instance.n_restarts, rng)
    return numbers | searched, numbers["n_subsets"]


def check_no_local_minima(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """The linear autoencoder: restarts reach the minimum, all other critical points are saddles."""
    k = instance.n_latents
    search = search_minima(instance.S, instance.index, 0.0, k, instance.n_restarts, rng)
    problem = objective(instance.S, instance.index, 0.0, k)
    survey = survey_critical_points(problem, with_lower_rank=True)
    chosen = ("n_subsets", "n_minima", "n_saddles", "top_set_is_minimum", "weakest_saddle")
    shared = {name: search[name] for name in ("share_at_minimum", "least_gap")}
    return shared | {name: survey[name] for name in chosen}, instance.n_restarts


def check_trace(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    """Lemma 3 at m = 0.5."""
    problem = objective(instance.S, instance.index, 0.5, instance.n_latents)
    return check_trace_maximum(problem, instance.n_restarts, rng), instance.n_restarts


def check_ising(instance: Instance, rng: np.random.Generator) -> tuple[Numbers, int]:
    return chain_correlations(min(len(instance.index), 12))


CHECKS: dict[str, Callable[[Instance, np.random.Generator], tuple[Numbers, int]]] = {
    "L1.objective": check_objective,
    "L1.m0_is_AE": check_no_mask,
    "T1": check_theorem,
    "L2.count": check_critical_points,
    "AE.nolocal": check_no_local_minima,
    "L3": check_trace,
    "R1": check_block_diagonal,
    "L6": check_bias_variance,
    "ising.corr": check_ising,
    "ising.rank": check_rank,
    "poster.jac": check_jacobian,
    "poster.redundant": check_redundancy,
    "psd.grating": lambda instance, rng: check_grating(rng),
    "psd.zeroing": lambda instance, rng: check_zeroing(rng),
}
