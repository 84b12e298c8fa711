"""Histograms of spatial entropy: densities, means and panels."""

import math

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


@pytest.mark.parametrize(
    ("base", "normalised", "entropies"),
    [
        ("e", "no", (math.log(1024), math.log(256))),
        (2, "no", (10, 8)),
        ("e", "visible", (1, 1)),
    ],
)
def test_equal_weights_on_a_fixed_number_of_pixels_have_their_entropy(
    sample, base, normalised, entropies
):
    """256 of 1,024 pixels are visible; bins as in the table, from 0 to the largest entropy."""
    largest, even = entropies
    place = math.floor(even / largest * 120 - 1e-9)
    bins = [{"low": i * largest / 120, "high": (i + 1) * largest / 120} for i in range(120)]
    shares = {"uniform": {place: 1.0}, "network": {place: 1.0}, "linear": {9: 0.5, 11: 0.5}}
    [first, *_] = cells(sample("entropy_histogram"), patch=8, mask=0.75, source="network")
    first = first | {"base": base, "normalised": normalised}
    rows = [
        first | edges | {"source": source, "share": filled.get(i, 0.0)}
        for source, filled in shares.items()
        for i, edges in enumerate(bins)
    ]
    means = {r["source"]: r["value"] for r in cells(spatial_entropy.select(rows), mark="mean")}
    assert means["uniform"] == pytest.approx(even, abs=1e-12)
    assert means["network"] == pytest.approx(even - largest / 240)
    assert means["linear"] == pytest.approx(10.5 * largest / 120)


def test_no_mean_exceeds_that_of_equal_weights(sample):
    """Of a network whose outputs rounding puts into the next bin."""
    table = cells(sample("entropy_histogram"), patch=8, mask=0.75, power=1)
    last = max(row["low"] for row in cells(table, source="uniform") if row["share"])
    moved = [row | {"share": float(row["low"] == last)} for row in cells(table, source="network")]
    others = [row for row in table if row["source"] != "network"]
    means = cells(spatial_entropy.select([*others, *moved]), mark="mean")
    [bound] = cells(means, source="uniform")
    [mean] = cells(means, source="network")
    assert mean["value"] == bound["value"]


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
