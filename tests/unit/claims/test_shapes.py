"""Statistics of claims: zero without an effect, growing by the effect, invariant where they say."""

import numpy as np
import pytest

from spatial_mae.claims.grid_shapes import Shift
from spatial_mae.claims.nearness import Alike
from spatial_mae.claims.shapes import Above, Best, Lead, Mean, Rise, Steady, named

LINE = [(1,), (2,), (4,), (8,)]
GRID = [(p, m) for p in (2, 4, 8) for m in (0.25, 0.5, 0.75)]
MIDDLE = Lead(named(2, 4))
SHAPES = [
    (Rise(), LINE),
    (Rise(sign=-1), LINE),
    (Rise(steps=False), LINE),
    (Steady(0.5), LINE),
    (MIDDLE, LINE),
    (Lead(named(2, 4), every=True), LINE),
    (Lead(named(1), margin=0.5), LINE),
    (Above(named(1), named(8)), LINE),
    (Above(named(1), named(8), margin=0.5), LINE),
    (Above(named(1), named(8), margin=-0.5), LINE),
    (Mean(), LINE),
    (Mean(0.5), LINE),
    (Best(), LINE),
    (Alike(0.5), LINE),
    (Shift(), GRID),
]


@pytest.mark.parametrize(("shape", "cells"), SHAPES)
@pytest.mark.parametrize("effect", [0.0, 0.3])
def test_the_pattern_raises_the_statistic_from_zero_by_the_effect(shape, cells, effect):
    assert shape.fits(cells)
    means = shape.none(cells) + effect * shape.pattern(cells)
    assert shape.value(means, cells) == pytest.approx(effect, abs=1e-12)


@pytest.mark.parametrize(("shape", "cells"), SHAPES)
def test_many_simulations_at_once_equal_one_by_one(shape, cells):
    means = np.random.default_rng(0).standard_normal((5, len(cells)))
    together = shape.value(means, cells)
    assert together.shape == (5,)
    assert together == pytest.approx([float(shape.value(one, cells)) for one in means])


@pytest.mark.parametrize(("shape", "cells"), SHAPES)
@pytest.mark.parametrize("seed", range(5))
def test_near_any_means_the_claim_is_just_not_right_or_just_large_enough(shape, cells, seed):
    means = np.random.default_rng(seed).standard_normal(len(cells))
    assert shape.value(shape.tied(means, cells), cells) <= 1e-12
    assert shape.value(shape.enough(means, cells, 0.3), cells) == pytest.approx(0.3)


def test_a_step_down_counts_against_a_rise():
    assert Rise().value(np.array([0.0, 3.0, 1.0]), LINE[:3]) == pytest.approx(1 - 2)
    assert Rise(steps=False).value(np.array([0.0, 3.0, 1.0]), LINE[:3]) == 1
    assert Rise(sign=-1).value(np.array([3.0, 2.0, 2.5]), LINE[:3]) == pytest.approx(0.5 - 0.5)


def test_the_lowest_step_counts_in_a_steady_rise():
    means = np.array([0.0, 3.0, 2.0, 9.0])
    assert Steady(1.5).value(means, LINE) == pytest.approx(0.5)
    assert Steady(0.5).value(means, LINE) == pytest.approx(-0.5)
    assert Steady(0.5).value(Steady(0.5).tied(means, LINE), LINE) == pytest.approx(0)


def test_regions():
    means = np.array([1.0, 5.0, 2.0, 4.0])
    assert MIDDLE.value(means, LINE) == 1
    assert Lead(named(2, 4), every=True).value(means, LINE) == -2
    assert not MIDDLE.fits([(1,), (8,)])
    assert not MIDDLE.fits([(2,), (4,)])


def test_a_tie_compares_the_best_inside_with_the_best_outside_alone():
    means = np.array([1.0, 5.0, 2.0, 4.0])
    assert MIDDLE.tied(means, LINE) == pytest.approx([1, 4, 2, 4])
    assert MIDDLE.value(MIDDLE.tied(means, LINE), LINE) == 0


@pytest.mark.parametrize(
    ("small", "large", "value"),
    [
        ([0, 1, 3], [3, 1, 0], 3),  # the optimum moves from the highest to the lowest
        ([0, 1, 3], [0, 1, 3], -1),  # it stays: no pair of ratios crosses
        ([3, 1, 0], [0, 1, 3], -2),  # it moves the other way: the least bad pair
        ([0, 3, 0], [2, 0, 0], 2),
    ],
)
def test_shift_is_the_largest_crossing(small, large, value):
    cells = [(p, m) for p in (2, 8) for m in (0.25, 0.5, 0.75)]
    assert Shift().value(np.array([*small, *large], dtype=float), cells) == value


def test_shift_wants_a_full_grid():
    assert not Shift().fits(GRID[:-1])
    assert not Shift().fits([(2, 0.25), (2, 0.5)])
