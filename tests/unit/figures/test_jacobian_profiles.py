"""Profiles of Jacobians over distance: averages, errors and axes."""

import pytest
from drawn_figures import cells, titles
from matplotlib.collections import PolyCollection

from spatial_mae.figures import jacobian_profiles


def test_profiles_are_normalised_ones_of_network_and_linear_model(sample):
    table = sample("jacobian_profile")
    rows = jacobian_profiles.select(table)
    assert {row["weighting"] for row in rows} == {"normalised"}
    assert {row["source"] for row in rows} == {"network", "linear"}
    [row] = cells(rows, patch=8, mask=0.5, source="network", distance=3)
    [measured] = cells(
        table, patch=8, mask=0.5, source="network", distance=3, power=1, weighting="normalised"
    )
    assert row["value"] == measured["mean"]
    assert row["high"] - row["value"] == pytest.approx(measured["standard_error"])


def test_profiles_leave_zeros_out_of_a_logarithmic_axis(sample):
    figure = jacobian_profiles.draw(jacobian_profiles.select(sample("jacobian_profile")))
    assert titles(figure) == ["patch 2", "patch 4", "patch 8"]
    curves = [line for axis in figure.axes for line in axis.lines if len(line.get_xdata()) > 2]
    assert max(line.get_xdata().max() for line in curves) == 10
    assert {line.get_linestyle() for line in curves} == {"-", "--"}
    lowest = min(line.get_ydata().min() for line in curves)
    for axis in figure.axes:
        assert axis.get_yscale() == "log"
        assert 0.5 * lowest < axis.get_ylim()[0] < lowest
        assert any(isinstance(c, PolyCollection) for c in axis.collections)


def test_squared_weights_are_called_so(sample):
    table = [row for row in sample("jacobian_profile") if row["power"] == 2]
    figure = jacobian_profiles.draw(jacobian_profiles.select(table))
    assert figure.axes[0].get_ylabel() == "mean J², normalised"
