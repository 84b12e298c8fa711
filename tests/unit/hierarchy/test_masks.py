import numpy as np
import pytest

from spatial_mae.hierarchy.builders import tree
from spatial_mae.hierarchy.levels import LevelArrays, measure_levels
from spatial_mae.hierarchy.masks import MaskLaw

SHAPES = [((8,), 1), ((8,), 2), ((4, 4), 2), ((4, 2), 1)]


def units(masks, law):
    """(n_masks, *grid) if all observables of each unit agree."""
    cells = masks.reshape(len(masks), *(n for g in law.grid for n in (g, law.unit)))
    axes = tuple(range(2, cells.ndim, 2))
    assert (cells.all(axis=axes) == cells.any(axis=axes)).all()
    return cells.all(axis=axes)


@pytest.mark.parametrize("law", ["bernoulli", "exact", "displaced", "contiguous"])
@pytest.mark.parametrize(("shape", "unit"), SHAPES)
def test_samples_have_the_frequencies_of_the_enumeration(law, shape, unit):
    law = MaskLaw(law, shape, unit, 0.4)
    masks, weights = law.enumerate()
    drawn = law.sample(np.random.default_rng(0), 20_000)
    assert masks.shape == (law.n_possible, np.prod(shape)) and weights.sum() == pytest.approx(1)
    assert {m.tobytes() for m in drawn} <= {m.tobytes() for m in masks}
    assert np.abs(drawn.mean(axis=0) - weights @ masks).max() < 0.02
    together = np.einsum("n,ni,nj->ij", weights, masks, masks)
    assert np.abs(drawn.T.astype(float) @ drawn / len(drawn) - together).max() < 0.02


@pytest.mark.parametrize(
    ("shape", "mask_ratio", "count"), [((8,), 0.5, 2), ((4, 4), 0.75, 4), ((6, 6), 8 / 9, 9)]
)
def test_a_regular_grid_is_listed_and_drawn(shape, mask_ratio, count):
    law = MaskLaw("grid", shape, 1, mask_ratio)
    masks, weights = law.enumerate()
    assert len(masks) == count and weights @ masks == pytest.approx(mask_ratio)
    drawn = law.sample(np.random.default_rng(0), 200)
    assert {m.tobytes() for m in drawn} == {m.tobytes() for m in masks}


def test_blocks_are_drawn_and_never_listed():
    law = MaskLaw("block", (8, 8), 2, 0.5)
    masks = law.sample(np.random.default_rng(0), 300)
    assert set(masks.sum(axis=1)) == {32} and len(np.unique(masks, axis=0)) > 50
    assert (units(masks, law).reshape(300, -1).sum(axis=1) == 8).all()
    with pytest.raises(ValueError, match="inf masks are possible"):
        law.enumerate()


@pytest.mark.parametrize("law", ["bernoulli", "exact", "contiguous"])
@pytest.mark.parametrize(("shape", "unit"), SHAPES)
def test_units_are_hidden_whole(law, shape, unit):
    law = MaskLaw(law, shape, unit, 0.4)
    hidden = units(law.sample(np.random.default_rng(1), 50), law)
    counts = hidden.reshape(50, -1).sum(axis=1)
    assert (counts > 0).all() and (counts < law.n_units).all()
    if law.name == "exact":
        assert set(counts) == {law.n_hidden}


def test_displaced_units_keep_their_count_and_leave_the_grid():
    law = MaskLaw("displaced", (16,), 4, 0.5)
    masks = law.sample(np.random.default_rng(2), 200)
    assert set(masks.sum(axis=1)) == {8}
    with pytest.raises(AssertionError):
        units(masks, law)


@pytest.mark.parametrize(("arity", "depth", "unit_level"), [(2, 4, 3), (4, 3, 2)])
def test_units_that_do_not_fit_keep_the_level_low(arity, depth, unit_level):
    """Edges of units meet edges of branches of b^j leaves with probability b^-j, in a row."""
    law = MaskLaw("displaced", (arity**depth,), arity**unit_level, 0.5)
    masks, weights = law.enumerate()
    lowest = measure_levels(LevelArrays.of(tree(arity, depth)), masks)["lowest"]
    expected = sum(arity**-j for j in range(unit_level + 1))
    assert weights @ lowest == pytest.approx(expected) and expected < arity / (arity - 1)


def test_a_contiguous_block_of_an_image_is_nearly_square():
    law = MaskLaw("contiguous", (8, 8), 1, 0.25)
    assert law.block == (4, 4) and law.n_possible == 25
    assert MaskLaw("contiguous", (8, 8), 1, 0.5).block == (5, 6)
    assert MaskLaw("contiguous", (8, 8), 1, 0.9).block == (7, 8)
    assert MaskLaw("contiguous", (8, 8), 4, 0.9).block == (1, 2)
    masks = law.enumerate()[0].reshape(-1, 8, 8)
    assert all(mask.any(axis=0).sum() == mask.any(axis=1).sum() == 4 for mask in masks)


@pytest.mark.parametrize(("mask_ratio", "count"), [(0.0, 1), (0.1, 1), (0.5, 2), (0.99, 3)])
def test_something_is_hidden_and_something_visible(mask_ratio, count):
    assert MaskLaw("exact", (8,), 2, mask_ratio).n_hidden == count


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("checkered", (8,), 1, 0.5), "'checkered' is unknown"),
        (("exact", (8,), 3, 0.5), "does not divide 8"),
        (("exact", (8, 8), 8, 0.5), "covers all 8 x 8"),
        (("exact", (8,), 1, 1.0), "outside"),
        (("grid", (8, 8), 1, 0.5), "grid at mask ratio 0.5: .* mask ratio 0.75"),
        (("block", (2, 60), 1, 0.5), "sampling block: no block of 2 x 60 units"),
    ],
)
def test_a_law_that_cannot_be_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        MaskLaw(*arguments)


def test_too_many_masks_are_not_enumerated():
    with pytest.raises(ValueError, match="enumerate at most"):
        MaskLaw("exact", (256,), 1, 0.5).enumerate()


def test_bernoulli_at_ratio_0_is_refused():
    with pytest.raises(ValueError, match="hides nothing"):
        MaskLaw("bernoulli", (8,), 1, 0.0).sample(np.random.default_rng(0), 1)
