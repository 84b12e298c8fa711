"""Targets: values of images and of their functionals, and orders that images are too small for."""

import numpy as np
import pytest

from spatial_mae.tasks.filters import Gabor, gabor_map
from spatial_mae.tasks.targets import COSINE, DEPTH, cosine, cosine_goals, gabor_goals


def test_a_gabor_goal_is_the_response():
    gabor = Gabor("window", 2.0, 0.8, 45.0)
    (goal,) = gabor_goals([gabor], (4, 6, 1))
    rows = np.random.default_rng(0).normal(size=(5, 24))
    np.testing.assert_allclose(goal.of(rows), rows @ gabor_map(gabor, 4, 6), atol=1e-12)
    assert goal.names["target"] == "gabor"
    assert (goal.names["scale"], goal.names["order_x"]) == (2.0, None)


def test_cosines_are_coefficients_of_a_transform():
    goals = list(cosine_goals(COSINE, (0, 3), (4, 6, 1)))
    assert [(g.names["order_y"], g.names["order_x"]) for g in goals] == [
        *((0, 0), (0, 3), (3, 0), (3, 3))
    ]
    image = np.outer(np.ones(4), cosine(3, 6)).reshape(1, 24)
    np.testing.assert_allclose([g.of(image).item() for g in goals], [0, 12, 0, 0], atol=1e-12)


def test_channels_of_a_pixel_are_summed():
    (goal,) = cosine_goals(COSINE, (0,), (2, 2, 3))
    assert goal.of(np.arange(12.0)[None]).item() == pytest.approx(66)


def test_only_depth_goals_read_the_depth_map():
    (depth,) = cosine_goals(DEPTH, (0,), (2, 2, 1))
    (image,) = cosine_goals(COSINE, (0,), (2, 2, 1))
    assert (depth.from_depth, image.from_depth) == (True, False)
    assert depth.label == "target depth, order_y 0, order_x 0"


def test_an_order_beyond_the_image_is_refused():
    with pytest.raises(ValueError, match="orders: 4, but images of 4 x 6 pixels"):
        list(cosine_goals(COSINE, (0, 4), (4, 6, 1)))
