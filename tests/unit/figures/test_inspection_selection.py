"""What the figures of whole images select, on rows whose answer is plain."""

import pytest

from spatial_mae.figures import unmasked_reconstruction


def test_only_the_trained_network_is_drawn_and_errors_turn_their_sign(sample):
    rows = unmasked_reconstruction.select(sample("unmasked"))
    one = {"unit": 2, "mask": 0.5}
    values = {r["metric"]: r for r in rows if all(r[key] == one[key] for key in one)}
    assert values["ssim"]["value"] == pytest.approx(0.5 + 0.05 + 0.04 + 0.005 + 0.04)
    assert values["negative_mse"]["value"] == pytest.approx(-(0.03 + 0.0005))
    assert values["ssim"]["unit_pixels"] == 8
    assert {row["seeds"] for row in rows} == {2}


def test_units_of_one_patch_size_and_single_patches_are_not_mixed(sample):
    rows = sample("unmasked")
    coupled = [row | {"patch": 16, "unit": 1} for row in rows if row["unit"] == 1]
    found = unmasked_reconstruction.select(rows + coupled)
    assert {(row["patch"], row["unit"]) for row in found} == {(4, 1), (4, 2), (4, 4)}
    few = [row for row in rows if row["unit"] == 1]
    found = unmasked_reconstruction.select(few + coupled)
    assert {(row["patch"], row["unit"]) for row in found} == {(4, 1), (16, 1)}


def test_an_axis_of_one_value_has_no_row_of_panels(sample):
    one_unit = [row for row in sample("unmasked") if row["unit"] == 1]
    figure = unmasked_reconstruction.draw(unmasked_reconstruction.select(one_unit))
    assert {axis.get_xlabel() for axis in figure.axes} == {"mask ratio m"}
    one_run = [row for row in one_unit if row["mask"] == 0.5]
    with pytest.raises(ValueError, match="compares mask ratios or mask units"):
        unmasked_reconstruction.select(one_run)
