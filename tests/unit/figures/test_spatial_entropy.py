"""Histograms of spatial entropy: densities, means and panels."""

import pytest
from drawn_figures import cells, legends, titles

from spatial_mae.figures import spatial_entropy


def test_densities_integrate_to_one_and_means_are_the_histograms(sample):
    rows = spatial_entropy.select(sample("entropy_histogram"))
    cell = {"patch": 8, "mask": 0.75, "source": "network"}
    bins = cells(rows, mark="bin", **cell)
    widths = [row["to"] - row["from"] for row in bins]
    assert sum(row["value"] * w for row, w in zip(bins, widths, strict=True)) == pytest.approx(1)
    [mean] = cells(rows, mark="mean", **cell)
    table = cells(sample("entropy_histogram"), **cell, power=1)
    middles = [(row["low"] + row["high"]) / 2 * row["share"] for row in table]
    assert mean["value"] == pytest.approx(sum(middles))
    assert {row["source"] for row in rows} == {"network", "linear", "uniform"}


def test_histograms_are_averaged_over_seeds(sample):
    table = sample("entropy_histogram")
    cell = {"patch": 4, "mask": 0.5, "source": "linear"}
    for row in cells(spatial_entropy.select(table), mark="bin", **cell):
        seeds = cells(table, **cell, power=1, low=row["from"])
        assert len(seeds) == 2
        density = sum(r["share"] for r in seeds) / 2 / (row["to"] - row["from"])
        assert row["value"] == pytest.approx(density)


def test_entropies_have_a_panel_a_mask_ratio_and_one_a_patch_size(sample):
    table = sample("entropy_histogram")
    figure = spatial_entropy.draw(spatial_entropy.select(table))
    masks, patches = ["m = 0.25", "m = 0.5", "m = 0.75"], ["patch 2", "patch 4", "patch 8"]
    assert titles(figure) == masks + patches
    assert legends(figure)[:3] == ["network", "linear MAE", "equal weights"]
    assert legends(figure)[3:] == patches + masks


def test_a_row_of_panels_in_which_nothing_differs_is_left_out(sample):
    table = sample("entropy_histogram")
    one_mask = spatial_entropy.select(cells(table, mask=0.75))
    assert titles(spatial_entropy.draw(one_mask)) == ["m = 0.75"]
    one_patch = spatial_entropy.select(cells(table, patch=4))
    assert titles(spatial_entropy.draw(one_patch)) == ["patch 4"]
    single = spatial_entropy.select(cells(table, patch=4, mask=0.75))
    assert titles(spatial_entropy.draw(single)) == ["m = 0.75"]


def test_an_output_that_nothing_moves_has_no_mean(sample):
    table = sample("entropy_histogram")
    dead = [row | {"share": 0.0} if row["source"] == "linear" else row for row in table]
    rows = spatial_entropy.select(dead)
    assert not cells(rows, mark="mean", source="linear")
    assert spatial_entropy.draw(rows).axes
