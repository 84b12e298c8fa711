"""Rows of measured Jacobians: what they name and count."""

from dataclasses import replace

import pytest
import torch
from jacobian_rows import chosen
from toy_measurement import EXACT, RECIPE

from spatial_mae.evaluation.reconstruction import Masking
from spatial_mae.jacobian.inputs import Images, Network
from spatial_mae.jacobian.measurement import measure_jacobian


@pytest.mark.parametrize(
    ("changes", "n_outputs"),
    [
        ({}, 3 * 2 * 5),
        ({"n_outputs": None}, 3 * 2 * 48),
        ({"n_outputs": 1000, "n_masks": 1}, 3 * 48),
        ({"n_outputs": None, "outputs": "all"}, 3 * 2 * 96),
    ],
)
def test_rows_count_the_output_pixels(measured, changes, n_outputs):
    recipe = replace(RECIPE, powers=(1,), channels=("sum",), bases=("e",), **changes)
    found = measured(recipe)
    for row in found.summary + found.histogram:
        assert row["n_outputs"] == n_outputs
        assert row["n_images"] == 3
    for row in found.summary + found.histogram + found.profile:
        assert (row["n_masks"], row["outputs"]) == (recipe.n_masks, recipe.outputs)
    visible_pairs = n_outputs * 48
    for weighting in ("normalised", "plain"):
        rows = chosen(found.profile, source="network", weighting=weighting)
        assert sum(row["n_pairs"] for row in rows) == visible_pairs


def test_masks_that_hide_nothing_are_drawn_again(measured):
    recipe = replace(RECIPE, n_masks=8, powers=(1,), channels=("sum",), bases=("e",))
    found = measured(recipe, Masking(0.1, "bernoulli", False))
    assert all(mask.any() for places in found.places for mask, _ in places)


def test_rows_name_what_was_measured(measured):
    found = measured()
    named = {"dataset": "toy", "split": "test", "mask": 0.5, "enc": 2}
    epochs = {"network": 16, "untrained": 0, "linear": None, "uniform": None}
    for table in (found.summary, found.profile, found.histogram):
        assert list(dict.fromkeys(row["source"] for row in table)) == list(epochs)
        for row in table:
            assert named.items() <= row.items()
            assert row["epoch"] == epochs[row["source"]]
    for source in epochs:
        rows = chosen(found.summary, source=source, measure="entropy")
        first = rows[0]
        assert (first["power"], first["channels"]) == (1, "sum")
        assert (first["base"], first["normalised"]) == ("e", "no")
        assert len(rows) == 2 * 2 * 2 * 3
        assert len(chosen(found.summary, source=source)) == len(rows) + 4


def test_what_is_not_given_has_no_rows(network):
    images = Images(torch.zeros(1, 2, 8, 12, dtype=torch.uint8), {})
    alone = Network(network(), EXACT, "hidden", None, {})
    found = measure_jacobian(alone, None, None, images, replace(RECIPE, n_images=1), 0)
    for table in (found.summary, found.profile, found.histogram):
        assert {row["source"] for row in table} == {"network", "uniform"}


def test_one_image_has_no_standard_error(measured):
    found = measured(replace(RECIPE, n_images=1))
    for row in found.summary + found.profile:
        assert row["standard_error"] is None
    assert all(row["value"] > 0 for row in found.summary)
