"""Shares that affine maps explain, and errors, over mask ratios."""

import math

import pytest
from drawn_figures import cells, legends, small_print

from spatial_mae.figures import second_order


def test_second_order_has_shares_and_errors_over_mask_ratios(sample):
    table = sample("second_order")
    rows = second_order.select(table)
    wanted = [
        row["value"] for row in cells(table, patch=2, mask=0.5, measure="explained_all_masks")
    ]
    [row] = cells(rows, patch=2, mask=0.5, measure="explained_all_masks")
    assert row["value"] == pytest.approx(math.fsum(wanted) / 2)
    assert row["low"] == min(wanted) < row["high"] == max(wanted)
    figure = second_order.draw(rows)
    assert "affine maps fitted to 250 images" in small_print(figure)
    assert "training images" not in small_print(figure)
    assert [axis.get_xlabel() for axis in figure.axes] == ["mask ratio m"] * 2
    assert legends(figure)[3:] == ["one mask", "all masks", "network", "linear MAE"]


def test_second_order_needs_two_mask_ratios(sample):
    with pytest.raises(ValueError, match="'mask'.*at least two"):
        second_order.select(cells(sample("second_order"), mask=0.5))


def test_second_order_without_errors_has_one_panel(sample):
    table = [row for row in sample("second_order") if row["measure"].startswith("explained")]
    assert len(second_order.draw(second_order.select(table)).axes) == 1
