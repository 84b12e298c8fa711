"""The change along one axis of a grid, against that along the other."""

import numpy as np
import pytest

from spatial_mae.claims.grid_shapes import Change

GRID = [(p, m) for p in (2, 4, 8) for m in (0.25, 0.5)]
SHAPES = [Change(), Change(0.5, 1.0)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("effect", [0.0, 0.3])
def test_the_pattern_raises_the_statistic_from_zero_by_the_effect(shape, effect):
    assert shape.fits(GRID)
    means = shape.none(GRID) + effect * shape.pattern(GRID)
    assert shape.value(means, GRID) == pytest.approx(effect)


@pytest.mark.parametrize("shape", SHAPES)
def test_many_simulations_at_once_equal_one_by_one(shape):
    means = np.random.default_rng(0).standard_normal((5, len(GRID)))
    together = shape.value(means, GRID)
    assert together.shape == (5,)
    assert together == pytest.approx([float(shape.value(one, GRID)) for one in means])


def test_ranges_are_averaged_over_the_other_axis():
    means = np.array([0.0, 0.0, 3.0, 1.0, 1.0, 2.0])  # over patches 3 and 2, over masks 0, 2, 1
    assert Change().value(means, GRID) == pytest.approx(2.5)
    assert Change(0.5, 1.0).value(means, GRID) == pytest.approx(0.5 * 2.5 - 1)


def test_a_tie_keeps_the_change_along_the_first_axis():
    means = np.array([0.0, 0.0, 3.0, 1.0, 1.0, 2.0])
    tied = Change(0.5, 1.0).tied(means, GRID)
    assert Change(0.5, 1.0).value(tied, GRID) == pytest.approx(0)
    assert Change().value(tied, GRID) == pytest.approx(2.5)


def test_a_full_grid_is_wanted():
    assert not Change().fits(GRID[:-1])
    assert not Change().fits([(2, 0.25), (2, 0.5)])
