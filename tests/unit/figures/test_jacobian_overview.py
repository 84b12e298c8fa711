"""Grids of spread and entropy over patch size and mask ratio."""

import numpy as np
import pytest
from drawn_figures import cells, titles
from matplotlib.colors import to_rgb

from spatial_mae.figures import overview


def contrast(one, other) -> float:
    """WCAG 2's ratio of two colours' luminances, written as in its definition."""
    luminances = []
    for colour in (one, other):
        parts = [
            v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(colour)
        ]
        luminances.append(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


def test_overview_has_means_over_seeds_and_grey_where_nothing_was_run(sample):
    table = sample("jacobian")
    rows = overview.select(table)
    cell = {"patch": 4, "mask": 0.5, "measure": "spread", "source": "linear"}
    wanted = [row["value"] for row in cells(table, **cell, power=1)]
    assert len(wanted) == 2
    assert [row["value"] for row in cells(rows, **cell)] == [pytest.approx(sum(wanted) / 2)]
    figure = overview.draw(rows)
    names = ["linear MAE: spread", "network: spread", "network: entropy"]
    assert titles(figure) == names
    for axis, name in zip(figure.axes, names, strict=False):
        shown = np.ma.filled(axis.images[0].get_array(), np.nan)
        source, measure = name.split(": ")
        source = source.split()[0]
        for row in cells(rows, source=source, measure=measure):
            place = (2, 4, 8).index(row["patch"]), (0.25, 0.5, 0.75).index(row["mask"])
            assert shown[place] == row["value"]
        assert np.isnan(shown).sum() == 1 and np.isnan(shown[2, 0])


def test_both_spreads_have_one_scale_of_colours(sample):
    rows = overview.select(sample("jacobian"))
    linear, network, entropy = (axis.images[0] for axis in overview.draw(rows).axes[:3])
    values = [row["value"] for row in cells(rows, measure="spread")]
    assert linear.get_clim() == network.get_clim() == (min(values), max(values))
    assert entropy.get_clim() != network.get_clim()


@pytest.mark.parametrize("reach", [0.1, 3.0])
def test_numbers_can_be_read_on_their_colours(reach, sample):
    table = [row | {"value": row["value"] ** reach} for row in sample("jacobian")]
    rows = overview.select(table)
    figure = overview.draw(rows)
    printed = []
    for axis in figure.axes[:3]:
        image = axis.images[0]
        for text in axis.texts:
            across, up = text.get_position()
            colour = image.to_rgba(image.get_array()[up, across])
            assert contrast(text.get_color(), colour) > 4.5
            printed.append(float(text.get_text()))
            assert printed[-1] == pytest.approx(image.get_array()[up, across], rel=5e-3)
    assert len(printed) == len(rows)


def test_panels_of_many_mask_ratios_stand_above_each_other(sample):
    table = sample("jacobian")
    more = [row | {"mask": row["mask"] + shift} for row in table for shift in (0, 0.05, 0.1)]
    for rows, stacked in ((table, False), (more, True)):
        first, second = overview.draw(overview.select(rows)).axes[:2]
        lower = second.get_position().y0 < first.get_position().y0 - 0.1
        assert lower == stacked


def test_overview_needs_two_cells(sample):
    table = sample("jacobian")
    assert overview.draw(overview.select(cells(table, mask=0.75))).axes
    assert overview.draw(overview.select(cells(table, patch=4))).axes
    with pytest.raises(ValueError, match="'mask'.*at least two"):
        overview.select(cells(table, mask=0.75, patch=4))
