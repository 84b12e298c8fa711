"""Recipes refuse what cannot be evaluated, before anything is read."""

import json

import pytest

from spatial_mae.evaluation.recipe import SimilarityRecipe
from spatial_mae.study.recipes import load

SIMILARITY = {
    "reference": {"enc": 12},
    "n_images": 100,
    "batch_size": 25,
    "split": "test",
    "tokens": "mean",
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation_share": 1.0}, "validation_share: 1.0 .* above 0, below 1"),
        ({"penalties": []}, "penalties.* a list of 1 or more"),
        ({"penalties": [0.1, 0]}, r"penalties\[1\]: 0 .* above 0"),
        ({"n_train": 0}, "n_train: 0 .* 1 or more"),
        ({"max_iterations": 0}, "max_iterations: 0"),
        ({"n_masks": 0}, "n_masks: 0"),
        ({"neighbours": -1}, "neighbours: -1 .* 0 or more"),
        ({"control_centring": "centered"}, "did you mean 'centred'"),
        ({"representations": ["cls"]}, "representations"),
    ],
)
def test_what_makes_no_sense_is_refused(recipe, changes, message):
    with pytest.raises(ValueError, match=message):
        recipe(**changes)


def test_similarity_needs_whole_batches():
    assert load(SimilarityRecipe, json.dumps(SIMILARITY)).reference == {"enc": 12}
    with pytest.raises(ValueError, match="do not fill one batch of 200"):
        load(SimilarityRecipe, json.dumps(SIMILARITY | {"batch_size": 200}))
    with pytest.raises(ValueError, match="batch_size: 3 .* 4 or more"):
        load(SimilarityRecipe, json.dumps(SIMILARITY | {"batch_size": 3}))
