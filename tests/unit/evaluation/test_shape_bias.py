"""Shape bias counted by hand."""

import numpy as np
import pytest

from spatial_mae.evaluation.shape_bias import shape_bias


def test_decisions_for_shape_texture_and_neither():
    shapes, textures = np.array([0, 0, 1, 1, 2]), np.array([1, 2, 0, 2, 0])
    found = {r["metric"]: r for r in shape_bias(np.array([0, 2, 1, 1, 1]), shapes, textures)}
    assert found["shape_accuracy"]["value"] == 3 / 5
    assert found["texture_accuracy"]["value"] == 1 / 5
    assert (found["shape_bias"]["value"], found["shape_bias"]["n_test"]) == (3 / 4, 4)
    assert found["shape_bias"]["standard_error"] == pytest.approx((3 / 16 / 4) ** 0.5)


def test_without_a_decision_for_either_there_is_no_bias():
    rows = shape_bias(np.array([2]), np.array([0]), np.array([1]))
    assert [row["value"] for row in rows] == [0.0, 0.0, None]
