"""Means and errors over repeats of one setting."""

from math import sqrt

import pytest

from spatial_mae.tables.repeats import cells, standard_error


def test_cells_average_seeds(probe):
    rows = [probe(0.4, seed=0), probe(0.6, seed=1), probe(0.3, mask=0.5)]
    assert cells(rows, "mask") == {(0.5,): 0.3, (0.75,): 0.5}


def test_standard_error_of_a_difference(probe):
    rows = [probe(0.2, n_test=400), probe(0.6, n_test=100)]
    assert standard_error(rows) == pytest.approx(sqrt(0.4 * 0.6 / 100 + 0.4 * 0.6 / 100))
    assert standard_error([probe(0.2, n_test=None)]) == 0
