"""The largest distance of a cell from zero: near it in all cells, or far in one."""

import numpy as np
import pytest

from spatial_mae.claims.nearness import Largest

CELLS = [(0.05,), (0.1,), (0.2,)]


@pytest.mark.parametrize("margin", [0.5, -0.5])
@pytest.mark.parametrize("effect", [0.0, 0.3])
def test_the_pattern_raises_the_statistic_from_zero_by_the_effect(margin, effect):
    shape = Largest(margin)
    assert shape.fits(CELLS)
    means = shape.none(CELLS) + effect * shape.pattern(CELLS)
    assert shape.value(means, CELLS) == pytest.approx(effect)


@pytest.mark.parametrize(("margin", "value"), [(0.5, 0.2), (-0.5, -0.2)])
def test_signs_do_not_count(margin, value):
    means = np.array([[0.1, -0.3, 0.2], [0.3, 0.0, 0.0]])
    assert Largest(margin).value(means, CELLS) == pytest.approx([value, value])


@pytest.mark.parametrize(
    ("margin", "tied"),
    [(0.5, [0.1, 0.5, 0.2]), (-0.5, [0.1, -0.5, 0.2]), (-0.15, [0.1, -0.15, 0.15])],
)
def test_at_a_tie_the_claim_is_just_not_right(margin, tied):
    means = np.array([0.1, -0.9, 0.2])
    assert Largest(margin).tied(means, CELLS) == pytest.approx(tied)
    assert Largest(margin).value(np.array(tied), CELLS) == pytest.approx(0)
