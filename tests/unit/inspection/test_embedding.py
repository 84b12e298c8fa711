"""Scores against their definitions, on points whose classes are known."""

import importlib.util

import numpy as np
import pytest

from spatial_mae.inspection.embedding import (
    check_package,
    neighbour_accuracy,
    plane,
    principal,
    silhouette,
)


def clouds(gap, n=20, width=6):
    """Points (3 n, width) around three centres `gap` apart, and their labels."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), n)
    return rng.normal(size=(3 * n, width)) + gap * np.eye(width)[labels], labels


def test_principal_axes_keep_the_distances_and_their_number_is_what_there_is():
    points, _ = clouds(3)
    found = principal(points, 50)
    assert found.shape == (60, 6)
    lengths = [((p[:, None] - p[None]) ** 2).sum(axis=2) for p in (points, found)]
    assert np.allclose(*lengths)
    assert (np.diff(found.var(axis=0)) <= 0).all()
    assert principal(points, 2).shape == (60, 2)


def test_silhouette_is_that_of_its_definition():
    points, labels = clouds(2, n=5)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    values = []
    for i, label in enumerate(labels):
        own = distances[i, (labels == label) & (np.arange(15) != i)].mean()
        other = min(distances[i, labels == c].mean() for c in range(3) if c != label)
        values.append((other - own) / max(own, other))
    value, error = silhouette(points, labels)
    assert value == pytest.approx(np.mean(values))
    assert error == pytest.approx(np.std(values, ddof=1) / 15**0.5)


def test_an_image_does_not_vote_for_itself():
    points, labels = np.array([[0.0], [1], [2], [10], [11], [12.5]]), np.array([0, 1, 0, 1, 1, 0])
    # Nearest others: 1 (class 1), 0 or 2 (0), 1 (1), 11 (1), 10 (1), 11 (1).
    assert neighbour_accuracy(points, labels, 1)[0] == pytest.approx(2 / 6)
    apart, classes = clouds(20)
    assert neighbour_accuracy(apart, classes, 5) == (1.0, 0.0)


def test_clouds_apart_stay_apart_in_the_plane_and_the_seed_repeats_it():
    points, labels = clouds(20)
    found = plane(points, 10, 0)
    assert found.shape == (60, 2)
    assert np.array_equal(found, plane(points, 10, 0))
    assert silhouette(found, labels)[0] > 0.6
    assert silhouette(found, labels)[0] > silhouette(plane(clouds(0)[0], 10, 0), labels)[0] + 0.5


def test_a_missing_package_is_named_with_the_mend(monkeypatch):
    assert importlib.util.find_spec("sklearn")
    check_package()
    monkeypatch.setattr("spatial_mae.inspection.embedding.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"need scikit-learn.*pip install -e '.\[embedding\]"):
        check_package()
