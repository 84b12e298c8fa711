import numpy as np
import pytest
import torch

from spatial_mae.hierarchy.masks import MaskLaw
from spatial_mae.masks.laws import GRID_LAWS
from spatial_mae.masks.sampling import (
    block_mask,
    enumerate_masks,
    mask_probabilities,
    n_block_draws,
)
from spatial_mae.models.masks import arrange, draw_masks, expand_units, hide_blocks, inner_pixels
from spatial_mae.models.patchify import patchify


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def frequencies(masks: torch.Tensor) -> np.ndarray:
    """Share of each mask among draws (n, 4), in the order of `enumerate_masks`."""
    numbers = (masks.int() @ torch.tensor([1, 2, 4, 8], dtype=torch.int32)).numpy()
    return np.bincount(numbers, minlength=16) / len(masks)


def test_exact_masks_have_the_exact_law(architecture):
    masks = draw_masks(generator(), 20_000, architecture(patch_size=8), 0.5, "exact")
    expected = (enumerate_masks(4).sum(axis=1) == 2) / 6
    assert frequencies(masks) == pytest.approx(expected, abs=0.015)


def test_bernoulli_masks_have_the_bernoulli_law_but_for_the_mask_that_hides_all(architecture):
    masks = draw_masks(generator(), 20_000, architecture(patch_size=8), 0.6, "bernoulli")
    expected = mask_probabilities(enumerate_masks(4), 0.6)
    # The mask that hides all passes its share on to those that show one patch, evenly.
    expected[[7, 11, 13, 14]] += expected[15] / 4
    expected[15] = 0
    assert frequencies(masks) == pytest.approx(expected, abs=0.015)


@pytest.mark.parametrize("sampling", ["exact", "bernoulli", "contiguous", "block"])
def test_units_are_hidden_whole(architecture, sampling):
    sizes = architecture(height=16, width_pixels=32, unit=2)
    masks = draw_masks(generator(), 50, sizes, 0.5, sampling).reshape(50, 2, 2, 4, 2)
    assert (masks == masks[:, :, :1, :, :1]).all()
    if sampling != "bernoulli":
        assert (masks[:, :, 0, :, 0].sum(dim=(1, 2)) == sizes.n_hidden(0.5, sampling)).all()


FIXED = [law for law in GRID_LAWS if law != "bernoulli"]


@pytest.mark.parametrize(
    ("sampling", "mask_ratio"),
    [*((law, 0.75) for law in FIXED), ("block", 0.3), ("contiguous", 0.3)],
)
def test_each_image_hides_the_count_that_is_known_beforehand(architecture, sampling, mask_ratio):
    sizes = architecture(height=16, width_pixels=16, patch_size=2, unit=2)
    masks = draw_masks(generator(), 200, sizes, mask_ratio, sampling)
    assert ((~masks).sum(dim=1) == sizes.n_visible(mask_ratio, sampling)).all()


def middle_of_rows_and_columns():
    """P(hidden) of contiguous masks of 4 x 4 units, 12 hidden: 3 x 4 or 4 x 3, each in 2 places."""
    row = np.array([0.5, 1.0, 1.0, 0.5])
    return (row[:, None] + row[None, :]).ravel() / 2


def blocks_by_hand():
    rng = np.random.default_rng(1)
    draws = rng.random((20_000, n_block_draws((4, 4))))
    return np.mean([block_mask(draw, (4, 4), 12) for draw in draws], axis=0)


@pytest.mark.parametrize("sampling", FIXED)
def test_every_patch_is_hidden_as_often_as_the_law_says(architecture, sampling):
    sizes = architecture(height=16, width_pixels=16, patch_size=2, unit=2)
    found = draw_masks(generator(), 40_000, sizes, 0.75, sampling).double().mean(dim=0).numpy()
    expected = {"contiguous": middle_of_rows_and_columns, "block": blocks_by_hand}
    units = expected.get(sampling, lambda: np.full(16, 0.75))()
    patches = units.reshape(4, 4).repeat(2, axis=0).repeat(2, axis=1).ravel()
    assert found == pytest.approx(patches, abs=0.015)


def test_laws_of_few_masks_draw_each_as_often(architecture):
    for sampling, n_masks in {"contiguous": 4, "grid": 4}.items():
        masks = draw_masks(generator(), 4000, architecture(), 0.75, sampling)
        counts = masks.unique(dim=0, return_counts=True)[1]
        assert len(counts) == n_masks and counts.min() > 900


def test_blocks_of_a_batch_are_those_of_one_mask_at_a_time():
    rng = np.random.default_rng(0)
    for grid in ((4, 4), (8, 8), (3, 7), (1, 20)):
        units = grid[0] * grid[1]
        draws = rng.random((40, n_block_draws(grid)))
        for count in (1, units // 2, units - 1):
            found = hide_blocks(torch.from_numpy(draws), grid, count).numpy()
            assert np.array_equal(found, [block_mask(draw, grid, count) for draw in draws])


def test_displaced_masks_are_those_of_the_hierarchy(architecture):
    sizes = architecture(height=16, width_pixels=8, patch_size=2, unit=4)
    assert sizes.grid == (8, 4)
    listed, weights = MaskLaw("displaced", (8, 4), 4, 0.5).enumerate()
    masks = draw_masks(generator(), 20_000, sizes, 0.5, "displaced").numpy()
    drawn, counts = np.unique(masks, axis=0, return_counts=True)
    possible = {mask.tobytes(): 0.0 for mask in listed}
    for mask, weight in zip(listed, weights, strict=True):
        possible[mask.tobytes()] += weight
    assert {mask.tobytes() for mask in drawn} == set(possible)
    expected = [possible[mask.tobytes()] for mask in drawn]
    assert counts / 20_000 == pytest.approx(expected, abs=0.012)


def test_units_expand_to_patches_row_by_row(architecture):
    sizes = architecture(height=8, width_pixels=16, patch_size=2, unit=4)
    masks = expand_units(torch.tensor([[True, False]]), sizes).reshape(4, 8)
    assert (masks == (torch.arange(8) < 4)).all()


@pytest.mark.parametrize("sampling", ["exact", "bernoulli", "block", "contiguous"])
def test_a_generator_s_seed_fixes_the_masks(architecture, sampling):
    first, same, other = (
        draw_masks(generator(seed), 20, architecture(), 0.75, sampling) for seed in (1, 1, 2)
    )
    assert torch.equal(first, same) and not torch.equal(first, other)


def test_wrong_requests_are_refused(architecture):
    with pytest.raises(ValueError, match="'random' is unknown; use one of bernoulli, exact"):
        draw_masks(generator(), 1, architecture(), 0.5, "random")
    with pytest.raises(ValueError, match="no unit is hidden"):
        draw_masks(generator(), 1, architecture(), 0.01, "exact")
    with pytest.raises(ValueError, match="hides every patch"):
        arrange(torch.ones(2, 4, dtype=torch.bool))


def test_an_arrangement_puts_visible_patches_first_in_row_major_order():
    masks = torch.tensor([[1, 0, 1, 0], [0, 1, 1, 1]], dtype=torch.bool)
    arrangement = arrange(masks)
    assert arrangement.order.tolist() == [[1, 3, 0, 2], [0, 1, 2, 3]]
    assert arrangement.hidden.tolist() == masks.gather(1, arrangement.order).tolist()
    assert (arrangement.n_visible, arrangement.first_hidden) == (2, 1)
    assert arrangement.present.tolist() == [[True, True], [True, False]]
    assert arrange(masks[:1]).present is None


@pytest.mark.parametrize("changes", [{}, {"unit": 2}])
def test_a_count_known_beforehand_gives_the_same_arrangement(architecture, changes):
    sizes = architecture(**changes)
    for mask_ratio in (0.25, 0.5, 0.75):
        masks = draw_masks(generator(), 6, sizes, mask_ratio, "exact")
        n_visible = sizes.n_visible(mask_ratio)
        assert (masks.sum(dim=1) == sizes.n_patches - n_visible).all()
        counted, known = arrange(masks), arrange(masks, n_visible)
        assert torch.equal(known.order, counted.order)
        assert torch.equal(known.hidden, counted.hidden)
        assert known.present is counted.present is None
        assert known.n_visible == counted.n_visible and known.first_hidden == counted.first_hidden
    with pytest.raises(ValueError, match="hides every patch"):
        arrange(masks, 0)


def inner_one_by_one(sizes, mask, boundary_width):
    """The inner pixels (height, width) of one mask, each pixel against all visible ones."""
    rows, columns, p = sizes.height, sizes.width_pixels, sizes.patch_size
    shown = [
        (i, j)
        for i in range(rows)
        for j in range(columns)
        if not mask[i // p * (columns // p) + j // p]
    ]
    inner = torch.zeros(rows, columns, dtype=torch.bool)
    for i in range(rows):
        for j in range(columns):
            nearest = min(max(abs(i - a), abs(j - b)) for a, b in shown)
            inner[i, j] = nearest > boundary_width
    return inner


@pytest.mark.parametrize("boundary_width", [0, 1, 3, 5, 20])
@pytest.mark.parametrize("changes", [{}, {"unit": 2}, {"height": 8, "patch_size": 2, "unit": 2}])
def test_inner_pixels_are_those_far_from_every_visible_one(architecture, changes, boundary_width):
    sizes = architecture(**changes)
    masks = draw_masks(generator(), 6, sizes, 0.75, "bernoulli")
    found = inner_pixels(masks, sizes, boundary_width)
    assert found.shape == (6, sizes.n_patches, sizes.patch_size**2)
    for mask, inner in zip(masks, found, strict=True):
        expected = inner_one_by_one(sizes, mask, boundary_width)
        assert torch.equal(inner, patchify(expected[None, None], sizes.patch_size)[0])
