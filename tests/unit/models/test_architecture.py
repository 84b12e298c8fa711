import json
from dataclasses import fields

import pytest
import torch

from spatial_mae.masks.sampling import enumerate_masks
from spatial_mae.models.architecture import (
    Architecture,
    check_boundary,
    check_mask_range,
    check_masking,
    check_masks,
    difference,
    flops_per_image,
    from_json,
    to_json,
)
from spatial_mae.models.masks import inner_pixels


def test_grids_of_patches_and_of_mask_units(architecture):
    sizes = architecture(height=16, width_pixels=32, patch_size=4, unit=2)
    assert (sizes.grid, sizes.n_patches) == ((4, 8), 32)
    assert (sizes.unit_grid, sizes.n_units) == ((2, 4), 8)
    assert sizes.patch_values == 48
    assert sizes.n_hidden(0.75) == 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patch_size": 5}, "patch size 5 does not divide a 16 x 16 pixel image; use one of 1, 2,"),
        ({"unit": 3}, "mask unit 3 does not divide a 4 x 4 grid of patches; use one of 1, 2, 4"),
        ({"encoder_depth": 0}, "encoder depth 0 is below 1"),
        ({"decoder_depth": -1}, "decoder depth -1 is negative"),
        ({"channels": 0}, "hold no pixel"),
        ({"width": 30}, "width 30 is not a multiple of 4.*use 28 or 32"),
        ({"encoder_heads": 5}, "encoder_heads 5 does not divide width 32; use one of 1, 2, 4"),
        ({"decoder_heads": 0}, "decoder_heads 0 does not divide decoder_width 16"),
        ({"mlp_ratio": 0.0}, "mlp_ratio 0.0"),
    ],
)
def test_impossible_sizes_are_refused_by_name(architecture, changes, message):
    with pytest.raises(ValueError, match=message):
        architecture(**changes)


@pytest.mark.parametrize(
    ("mask_ratio", "message"),
    [
        (0.1, "no unit is hidden; use a mask ratio from 0.25 to 0.75"),
        (0.9, "no unit stays visible"),
        (-1.0, "outside"),
        (float("nan"), "outside"),
    ],
)
def test_a_mask_that_hides_nothing_or_all_is_refused(architecture, mask_ratio, message):
    sizes = architecture(unit=2)
    check_masking(sizes, 0.5)
    with pytest.raises(ValueError, match=message):
        check_masking(sizes, mask_ratio)


def test_a_single_mask_unit_cannot_be_masked(architecture):
    with pytest.raises(ValueError, match="of 1 mask units.*use smaller mask units"):
        check_masking(architecture(unit=4), 0.75)


@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
@pytest.mark.parametrize("size", [(12, 16), (8, 16), (16, 4)])
def test_a_boundary_is_refused_where_no_mask_leaves_a_pixel(architecture, size, sampling):
    sizes = architecture(height=size[0], width_pixels=size[1])
    n_hidden = sizes.n_hidden(0.6)
    counts = {n_hidden} if sampling == "exact" else set(range(1, sizes.n_units))
    masks = torch.from_numpy(enumerate_masks(sizes.n_units))
    masks = masks[[int(mask.sum()) in counts for mask in masks]]
    widest = max(w for w in range(17) if inner_pixels(masks, sizes, w).any())
    check_boundary(sizes, 0.6, sampling, widest)
    for width in (widest + 1, widest + 9):
        message = f"boundary_width {width}: .* no hidden pixel .*; use at most {widest}$"
        with pytest.raises(ValueError, match=message):
            check_boundary(sizes, 0.6, sampling, width)


@pytest.mark.parametrize("mask_ratio", [0.1, 0.3, 0.5, 0.8])
def test_a_range_of_mask_ratios_is_refused_where_it_hides_nothing_or_all(architecture, mask_ratio):
    sizes = architecture()
    assert sizes.n_units == 16
    for half_width in (0.02, 0.1, 0.2, 0.3, 0.6):
        ends = (mask_ratio - half_width, mask_ratio + half_width)
        low, high = (0 < sizes.n_hidden(end) < 16 for end in ends)
        if low and high:
            check_mask_range(sizes, mask_ratio, half_width)
            continue
        which = "no unit stays visible" if low else "no unit is hidden"
        with pytest.raises(ValueError, match=f"mask_half_width {half_width}: .* {which}") as error:
            check_mask_range(sizes, mask_ratio, half_width)
        widest = float(str(error.value).split("at most ")[1].split(",")[0])
        check_mask_range(sizes, mask_ratio, widest)


def test_a_boundary_leaves_pixels_at_the_least_mask_ratio_of_a_range(architecture):
    recipe = {"sampling": "exact", "boundary_width": 4, "mask_half_width": 0.1}
    check_masks(architecture(), 0.5, recipe)
    with pytest.raises(ValueError, match="with 3 of 16 units .* use at most 3"):
        check_masks(architecture(), 0.5, recipe | {"mask_half_width": 0.3})


def test_json_holds_everything(architecture):
    sizes = architecture(height=32, mlp_ratio=2.5, class_token=False)
    assert from_json(json.loads(json.dumps(to_json(sizes)))) == sizes
    assert set(to_json(sizes)) == {field.name for field in fields(Architecture)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.pop("unit"), "missing or unknown: unit"),
        (lambda v: v.update(depth=3), "missing or unknown: depth"),
        (lambda v: v.update(unit="1"), "unit '1' is not a whole number"),
        (lambda v: v.update(backbone=3), "expected an object with a `backbone`"),
        (lambda v: v["backbone"].update(widht=3), "unknown key 'widht'"),
    ],
)
def test_wrong_json_is_refused_by_field(architecture, change, message):
    values = to_json(architecture())
    change(values)
    with pytest.raises(ValueError, match=message):
        from_json(values)


def test_differences_are_named(architecture):
    assert difference(architecture(), architecture()) == []
    found = difference(architecture(patch_size=2, width=32), architecture(width=64))
    assert found == ["patch_size: 2 != 4", "backbone.width: 32 != 64"]


@pytest.mark.parametrize(("patch_size", "expected"), [(2, 5.5e9), (4, 1.28e9), (8, 0.35e9)])
def test_flops_of_the_paper_s_network(architecture, patch_size, expected):
    sizes = architecture(
        height=32,
        width_pixels=32,
        patch_size=patch_size,
        encoder_depth=12,
        decoder_depth=4,
        width=192,
        encoder_heads=12,
        decoder_width=192,
        decoder_heads=16,
    )
    assert flops_per_image(sizes, 0.75) == pytest.approx(expected, rel=0.02)
    assert flops_per_image(sizes, 0.75, training=False) == flops_per_image(sizes, 0.75) / 3
