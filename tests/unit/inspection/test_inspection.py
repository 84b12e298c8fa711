"""One pass over images: which networks and which images, and what is refused."""

import json

import pytest

from spatial_mae.inspection.recipe import InspectionRecipe
from spatial_mae.recipes import load


def test_each_metric_of_the_untrained_and_the_last_network(inspected):
    rows = inspected(n_images=10).unmasked
    assert [(row["epoch"], row["metric"]) for row in rows] == [
        (0, "ssim"),
        (0, "mse"),
        (3, "ssim"),
        (3, "mse"),
    ]
    assert {row["n_test"] for row in rows} == {10}
    assert all(row["seconds"] > 0 and row["pretrain_n_train"] == 60 for row in rows)


def test_images_left_in_their_file_give_the_same(inspected, monkeypatch):
    def values():
        return [row["value"] for row in inspected().unmasked]

    whole = values()
    monkeypatch.setattr("spatial_mae.training.loader.SHARE_OF_MEMORY", 0)
    assert values() == whole


def test_more_images_than_there_are_is_refused(inspected):
    with pytest.raises(ValueError, match="31 images wanted of 30"):
        inspected(n_images=31)


def test_one_image_has_no_error_of_its_mean():
    with pytest.raises(ValueError, match="n_images 1: a mean needs 2"):
        load(InspectionRecipe, json.dumps({"n_images": 1, "metrics": ["mse"]}))


def test_an_unknown_metric_is_refused():
    with pytest.raises(ValueError, match="metrics.*'lpips'"):
        load(InspectionRecipe, json.dumps({"n_images": None, "metrics": ["lpips"]}))
