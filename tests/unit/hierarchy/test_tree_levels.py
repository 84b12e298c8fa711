from math import comb

import numpy as np
import pytest

from spatial_mae.hierarchy.builders import quad_tree, tree
from spatial_mae.hierarchy.levels import DEFINITIONS, LevelArrays, measure_levels
from spatial_mae.hierarchy.masks import MaskLaw
from spatial_mae.hierarchy.tree_levels import UnitTree, expected_at, expected_levels

SMALL = [(2, 3, 0), (2, 4, 0), (2, 4, 1), (2, 4, 3), (3, 2, 0), (4, 2, 0), (4, 2, 1), (5, 1, 0)]


@pytest.mark.parametrize(("arity", "depth", "unit_level"), SMALL)
@pytest.mark.parametrize("law", ["bernoulli", "exact"])
@pytest.mark.parametrize("mask_ratio", [0.1, 0.5, 0.75])
def test_the_formula_equals_the_enumeration(arity, depth, unit_level, law, mask_ratio):
    masks = MaskLaw(law, (arity**depth,), arity**unit_level, mask_ratio)
    drawn, weights = masks.enumerate()
    enumerated = measure_levels(LevelArrays.of(tree(arity, depth)), drawn)
    levels = expected_levels(UnitTree(arity, depth, unit_level))
    for name in DEFINITIONS:
        exact = expected_at(levels[name], law, mask_ratio, masks.n_hidden)
        assert exact == pytest.approx(enumerated[name] @ weights, abs=1e-12)


@pytest.mark.parametrize("law", ["bernoulli", "exact"])
@pytest.mark.parametrize(("arity", "depth", "unit_level"), [(2, 8, 0), (2, 8, 3), (4, 4, 1)])
def test_the_formula_agrees_with_samples_of_256_leaves(law, arity, depth, unit_level):
    masks = MaskLaw(law, (256,), arity**unit_level, 0.3)
    drawn = masks.sample(np.random.default_rng(5), 4000)
    sampled = measure_levels(LevelArrays.of(tree(arity, depth)), drawn)
    levels = expected_levels(UnitTree(arity, depth, unit_level))
    for name, values in sampled.items():
        gap = values.mean() - expected_at(levels[name], law, 0.3, masks.n_hidden)
        assert abs(gap) <= 4 * values.std() / np.sqrt(len(values)) + 1e-3


def test_the_most_units_have_finite_levels_at_every_count_of_hidden_ones():
    levels = expected_levels(UnitTree(4, 5, 0))
    assert all(np.isfinite(values[1:-1]).all() for values in levels.values())
    assert levels["top_alone"][512] == pytest.approx(6 / comb(1024, 512))  # two children of four
    assert levels["mean"][482] == pytest.approx(1.000063446698, abs=1e-11)
    for law in ("bernoulli", "exact"):
        masks = MaskLaw(law, (1024,), 1, 0.5)
        drawn = masks.sample(np.random.default_rng(5), 200)
        values = measure_levels(LevelArrays.of(tree(4, 5)), drawn)["mean"]
        gap = values.mean() - expected_at(levels["mean"], law, 0.5, masks.n_hidden)
        assert abs(gap) <= 4 * values.std() / np.sqrt(len(values))


def test_a_quad_tree_is_a_tree_of_arity_4():
    masks = MaskLaw("exact", (4, 4), 2, 0.5)
    drawn, weights = masks.enumerate()
    enumerated = measure_levels(LevelArrays.of(quad_tree(2)), drawn)
    levels = expected_levels(UnitTree(4, 2, 1))
    for name in DEFINITIONS:
        assert levels[name][2] == pytest.approx(enumerated[name] @ weights)


def test_levels_are_symmetric_about_half():
    levels = expected_levels(UnitTree(2, 6, 0))
    for values in levels.values():
        np.testing.assert_allclose(values, values[::-1], atol=1e-11)


@pytest.mark.parametrize("arguments", [(1, 3, 0), (2, 3, 3), (2, 3, -1)])
def test_a_tree_that_cannot_be_is_refused(arguments):
    with pytest.raises(ValueError, match="arity must be at least 2"):
        UnitTree(*arguments)


def test_too_many_units_are_refused():
    with pytest.raises(ValueError, match="2048 mask units: .* at most 1024; take larger units"):
        UnitTree(2, 11, 0)


@pytest.mark.parametrize(("law", "mask_ratio"), [("contiguous", 0.5), ("bernoulli", 0.0)])
def test_there_is_no_formula_for_other_laws(law, mask_ratio):
    with pytest.raises(ValueError, match="no formula"):
        expected_at(np.zeros(3), law, mask_ratio, 1)
