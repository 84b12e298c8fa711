"""Laws on the grid of mask units: what each hides, and where it is refused."""

import math

import numpy as np
import pytest

from spatial_mae.masks.laws import GRID_LAWS
from spatial_mae.masks.layouts import block_shapes, check_law, hidden_units, stride
from spatial_mae.masks.sampling import block_mask, grid_places, n_block_draws, places

GRIDS = [(4, 4), (8, 8), (2, 2), (6, 4), (16,), (7, 7), (1, 40)]


def runs(flags):
    """(first, length) of the True entries of a row if they are neighbours."""
    at = np.flatnonzero(flags)
    assert (np.diff(at) == 1).all()
    return at[0], len(at)


@pytest.mark.parametrize("grid", [(4, 4), (8, 8), (6, 4), (7, 7)])
@pytest.mark.parametrize("mask_ratio", [0.25, 0.5, 0.75])
def test_a_contiguous_mask_is_one_block_either_way_round(grid, mask_ratio):
    masks = places("contiguous", grid, mask_ratio).reshape(-1, *grid)
    count = hidden_units("contiguous", grid, mask_ratio)
    found = set()
    for mask in masks:
        (top, height), (left, width) = runs(mask.any(axis=1)), runs(mask.any(axis=0))
        assert mask.sum() == height * width == count and abs(height - width) <= 1
        found.add((top, left, height, width))
    assert len(found) == len(masks)
    areas = [a * b for a in range(1, grid[0] + 1) for b in range(1, grid[1] + 1) if abs(a - b) < 2]
    wanted = round(mask_ratio * math.prod(grid))
    assert abs(count - wanted) == min(abs(a - wanted) for a in areas if a < math.prod(grid))
    if grid[0] == grid[1]:
        assert {(left, top, w, h) for top, left, h, w in found} == found


@pytest.mark.parametrize(("grid", "every"), [((4, 4), 2), ((6, 9), 3), ((8, 8), 4), ((12,), 3)])
def test_a_grid_shows_every_sth_unit_at_each_offset(grid, every):
    mask_ratio = 1 - every ** -len(grid)
    assert stride(grid, mask_ratio) == every
    masks = places("grid", grid, mask_ratio)
    assert np.array_equal(masks, grid_places(grid, every))
    assert len(masks) == every ** len(grid)
    assert (~masks).sum(axis=0).tolist() == [1] * math.prod(grid)
    for mask in masks.reshape(-1, *grid):
        for axis, side in enumerate(grid):
            shown = np.unique(np.nonzero(~mask)[axis])
            assert (np.diff(shown) == every).all() and len(shown) == side // every


@pytest.mark.parametrize("grid", GRIDS)
def test_blocks_are_a_tenth_to_a_quarter_and_not_too_long(grid):
    units = math.prod(grid)
    shapes = block_shapes(grid)
    assert len(shapes) == len(set(shapes)) > 0
    for shape in shapes:
        assert all(1 <= s <= g for s, g in zip(shape, grid, strict=True))
        assert math.prod(shape) == 1 or units / 10 <= math.prod(shape) <= units / 4
        assert max(shape) <= 2 * min(shape) or min(grid) == 1


def by_hand(draws, grid, count):
    """The law block as a walk over units, one after another."""
    shapes, hidden = block_shapes(grid), []
    blocks = iter(draws[1:])
    windows = []
    for chosen in blocks:
        sides = shapes[int(chosen * len(shapes))]
        starts = [int(next(blocks) * (g - b + 1)) for g, b in zip(grid, sides, strict=True)]
        windows.append([range(s, s + b) for s, b in zip(starts, sides, strict=True)])
    for window in [*windows, [range(side) for side in grid]]:
        for place in np.ndindex(*grid):
            inside = all(p in axis for p, axis in zip(place, window, strict=True))
            if inside and place not in hidden and len(hidden) < count:
                hidden.append(place)
    mask = np.zeros(grid, dtype=bool)
    mask[tuple(np.array(hidden).T)] = True
    return mask.ravel() if draws[0] >= 0.5 else np.flip(mask).ravel()


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 0.95])
def test_block_masks_are_those_made_unit_by_unit(grid, share):
    count = min(max(round(share * math.prod(grid)), 1), math.prod(grid) - 1)
    rng = np.random.default_rng(0)
    for _ in range(4):
        draws = rng.random(n_block_draws(grid))
        mask = block_mask(draws, grid, count)
        assert mask.sum() == count and np.array_equal(mask, by_hand(draws, grid, count))


@pytest.mark.parametrize(
    ("law", "grid", "unit", "mask_ratio", "message"),
    [
        ("checkered", (4, 4), 1, 0.5, "'checkered' is unknown; use one of bernoulli, exact, displ"),
        ("displaced", (4, 4), 1, 0.5, "displaced: .* use a unit of 2 or more, or sampling exact"),
        ("grid", (4, 4), 1, 0.6, "grid at mask ratio 0.6: .* mask ratio 0.75 .s = 2. or .* 0.9375"),
        ("grid", (4, 3), 1, 0.75, "of 4 x 3 units .* use another law: no s from 2 does"),
        ("contiguous", (2, 2), 1, 0.75, "hides 0.5; use one of 0.25, 0.5$"),
        (
            "block",
            (2, 60),
            1,
            0.75,
            "sampling block: no block of 2 x 60 units has .* such as exact",
        ),
        ("exact", (4, 4), 1, 1.0, "outside"),
    ],
)
def test_a_law_that_cannot_be_drawn_is_refused(law, grid, unit, mask_ratio, message):
    with pytest.raises(ValueError, match=message):
        check_law(law, grid, unit, mask_ratio)


@pytest.mark.parametrize("law", GRID_LAWS)
def test_all_laws_can_be_drawn_at_three_quarters_of_four_by_four_units(law):
    check_law(law, (4, 4), 2, 0.75)
    assert hidden_units(law, (4, 4), 0.75) == 12


@pytest.mark.parametrize("width", range(1, 61))
def test_the_law_block_is_refused_where_no_mask_can_be_drawn(width):
    """On a strip of two units: a tenth to a quarter of them, as 1 x 1, 1 x 2, 2 x 1 to 2 x 4."""
    areas = {1, 2, 4, 6, 8}
    if any(math.ceil(2 * width / 10) <= area <= max(1, width // 2) for area in areas):
        check_law("block", (2, width), 1, 0.5)
        draws = np.random.default_rng(0).random(n_block_draws((2, width)))
        assert block_mask(draws, (2, width), 1).sum() == 1
    else:
        with pytest.raises(ValueError, match="sampling block: no block"):
            check_law("block", (2, width), 1, 0.5)
