import numpy as np
import pytest
import torch

from spatial_mae.masks.sampling import enumerate_masks, mask_probabilities
from spatial_mae.models.masks import arrange, draw_masks, expand_units, inner_pixels
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


@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
def test_units_are_hidden_whole(architecture, sampling):
    sizes = architecture(height=16, width_pixels=32, unit=2)
    masks = draw_masks(generator(), 50, sizes, 0.5, sampling).reshape(50, 2, 2, 4, 2)
    assert (masks == masks[:, :, :1, :, :1]).all()
    if sampling == "exact":
        assert (masks[:, :, 0, :, 0].sum(dim=(1, 2)) == 4).all()


def test_units_expand_to_patches_row_by_row(architecture):
    sizes = architecture(height=8, width_pixels=16, patch_size=2, unit=4)
    masks = expand_units(torch.tensor([[True, False]]), sizes).reshape(4, 8)
    assert (masks == (torch.arange(8) < 4)).all()


@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
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
