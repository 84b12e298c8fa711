"""Structural equations: inverses, laws, and who depends on whom."""

import numpy as np
import pytest

from spatial_mae.hierarchy.builders import quad_tree
from spatial_mae.hierarchy.structural import Equations, InvertibleMap, QuadTreeModel

BENT = Equations(n_layers=2, strength=1.0, frequency=1.5)
SIZES = (2, 1, 3)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture
def model():
    return QuadTreeModel.draw(rng(), SIZES, BENT)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_map_has_an_inverse(size):
    mapped = InvertibleMap.draw(rng(), size, BENT)
    values = rng(1).standard_normal((50, 3, size))
    np.testing.assert_allclose(mapped.inverse(mapped(values)), values, atol=1e-12)
    np.testing.assert_allclose(mapped(mapped.inverse(values)), values, atol=1e-12)


def test_one_layer_keeps_the_variance_and_is_not_linear():
    mapped = InvertibleMap.draw(rng(), 4, Equations(1, 1.0, 1.5))
    values = rng(1).standard_normal((200_000, 4))
    found = mapped(values)
    np.testing.assert_allclose(found.var(axis=0), 1, atol=0.02)
    np.testing.assert_allclose(mapped.waves.shape, (1, 2, 2))
    np.testing.assert_allclose(np.linalg.norm(mapped.waves, axis=1), 1.5)
    fitted, *_ = np.linalg.lstsq(values, found, rcond=None)
    assert (found - values @ fitted).var(axis=0)[2:].min() > 0.1


def test_strength_zero_is_a_rotation():
    mapped = InvertibleMap.draw(rng(), 3, Equations(2, 0.0, 1.5))
    matrix = mapped(np.eye(3))
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)


def test_every_noise_can_be_read_from_the_patches(model):
    noises = rng(1).standard_normal((30, model.n_noises))
    patches = model.patches(noises)
    assert patches.shape == (30, 16, sum(SIZES))
    np.testing.assert_allclose(model.noises(patches), noises, atol=1e-10)


def test_a_noise_reaches_the_patches_below_its_variable_and_no_other(model):
    graph = quad_tree(model.depth)
    noises = rng(1).standard_normal((1, model.n_noises))
    before = model.patches(noises)[0]
    assert len(model.names) == model.n_noises == 2 + 4 * 1 + 16 * 3
    for i, name in enumerate(model.names):
        changed = noises.copy()
        changed[0, i] += 0.5
        moved = (abs(model.patches(changed)[0] - before) > 1e-9).any(axis=1)
        below = {x for x, is_moved in zip(graph.observables, moved, strict=True) if is_moved}
        assert below == graph.leaves_below[name]


def test_a_patch_determines_all_above_it(model):
    """Two images with one patch in common have the root and that branch in common."""
    noises = rng(1).standard_normal((2, model.n_noises))
    patches = model.patches(noises)
    patches[1, 0] = patches[0, 0]
    found = model.noises(patches)
    above = [i for i, name in enumerate(model.names) if name in ("z2.0.0", "z1.0.0", "x0.0")]
    assert len(above) == sum(SIZES)
    np.testing.assert_allclose(found[0, above], found[1, above], atol=1e-10)


@pytest.mark.parametrize("choice", [(0, 1.0, 1.0), (1, -1.0, 1.0), (1, 1.0, float("nan"))])
def test_equations_that_cannot_be_are_refused(choice):
    with pytest.raises(ValueError, match="expected at least 1 layer, and numbers of at least 0"):
        Equations(*choice)


@pytest.mark.parametrize("sizes", [(3,), (2, 0)])
def test_levels_without_noise_are_refused(sizes):
    with pytest.raises(ValueError, match="one number of at least 1 for each level"):
        QuadTreeModel.draw(rng(), sizes, BENT)
