from math import comb

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.optimize import approx_fprime

from spatial_mae.linear import landscape
from spatial_mae.linear.instance import LemmaRecipe, random_instance
from spatial_mae.linear.objective import objective

INSTANCE = random_instance(LemmaRecipe(3, 2, 2, 5), np.random.default_rng(0))
PROBLEM = objective(INSTANCE.S, INSTANCE.index, 0.5, 2)


def rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize("mask_ratio", [0.0, 0.25, 0.9])
def test_search_meets_the_closed_form(mask_ratio):
    numbers = landscape.search_minima(INSTANCE.S, INSTANCE.index, mask_ratio, 2, 5, rng())
    assert abs(numbers["least_gap"]) < 1e-12
    assert numbers["angle"] < 1e-5 and numbers["influence_error"] < 1e-5
    excess = numbers["excess_of_variance_features"]
    assert excess < 1e-12 if mask_ratio == 0 else excess > 1e-6


def test_a_wrong_closed_form_would_be_noticed(monkeypatch):
    solve = landscape.solve_mae
    monkeypatch.setattr(landscape, "solve_mae", lambda S, i, m, k: solve(S, i, m + 0.01, k))
    numbers = landscape.search_minima(INSTANCE.S, INSTANCE.index, 0.5, 2, 3, rng())
    assert abs(numbers["least_gap"]) > 1e-4


def test_every_subset_is_critical_and_only_the_top_one_a_minimum():
    survey = landscape.survey_critical_points(PROBLEM)
    assert survey["n_subsets"] == survey["n_critical_points"] == comb(6, 2)
    assert survey["n_minima"] == survey["top_set_is_minimum"] == 1
    assert survey["n_saddles"] == comb(6, 2) - 1
    assert survey["weakest_saddle"] < -1e-4


def test_lower_ranks_add_saddles_only():
    survey = landscape.survey_critical_points(PROBLEM, with_lower_rank=True)
    assert survey["n_critical_points"] == 1 + 6 + 15
    assert survey["n_minima"] == survey["top_set_is_minimum"] == 1


def test_other_vectors_are_not_critical():
    basis = np.linalg.qr(rng().standard_normal((6, 2)))[0]
    point = landscape.critical_point(PROBLEM, basis)
    assert landscape.relative_gradient(PROBLEM, point) > 1e-2


def test_critical_value_is_the_trace_less_the_chosen_eigenvalues():
    values, vectors = landscape.eigenpairs(PROBLEM)
    for chosen in ([0, 1], [2, 5]):
        loss = PROBLEM.value(landscape.critical_point(PROBLEM, vectors[:, chosen]))
        expected = np.trace(PROBLEM.S) - 0.5 * values[chosen].sum()
        assert loss == pytest.approx(expected, rel=1e-12)


def test_points_found_by_search_are_subsets():
    numbers = landscape.search_critical_points(PROBLEM, 6, rng())
    assert numbers["n_found_by_search"] >= numbers["n_different_found"] >= 3
    assert numbers["max_distance_to_subset"] < 1e-6


def test_trace_ratio_gradient_by_finite_differences():
    start = rng().standard_normal(12)
    gradient = approx_fprime(start, lambda a: landscape.trace_ratio(PROBLEM, a)[0], 1e-7)
    np.testing.assert_allclose(landscape.trace_ratio(PROBLEM, start)[1], gradient, rtol=1e-4)


def test_trace_ratio_has_its_maximum_at_the_top_eigenvectors():
    numbers = landscape.check_trace_maximum(PROBLEM, 4, rng())
    assert numbers["attained_error"] < 1e-12
    assert abs(numbers["max_excess"]) < 1e-10 and numbers["share_at_maximum"] == 1
    bound = eigh(PROBLEM.S @ PROBLEM.S, PROBLEM.V, eigvals_only=True)[-2:].sum()
    draws = rng().standard_normal((200, 12))
    assert max(landscape.trace_ratio(PROBLEM, a)[0] for a in draws) < bound


def test_too_many_critical_points():
    with pytest.raises(ValueError, match="use fewer dimensions"):
        landscape.survey_critical_points(objective(np.eye(30), np.arange(30) // 2, 0.5, 10))
