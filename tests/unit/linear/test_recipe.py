import json

import pytest

from spatial_mae.linear.recipe import LinearRecipe, solvable
from spatial_mae.study.recipes import load

VALUES = {
    "mask_ratios": [0.5],
    "noise_deviations": [0.1],
    "n_latents": ["all", 3, 16],
    "samplings": ["bernoulli"],
}


def test_all_is_the_number_of_coordinates_and_counted_once():
    assert load(LinearRecipe, json.dumps(VALUES)).latents(16) == [3, 16]


def test_more_latents_than_coordinates_are_refused():
    with pytest.raises(ValueError, match='n_latents = 16 is outside 1 to 8, .* write "all"'):
        load(LinearRecipe, json.dumps(VALUES)).latents(8)


@pytest.mark.parametrize(("key", "value"), [("n_latents", ["most"]), ("samplings", ["uniform"])])
def test_unknown_words_are_refused(key, value):
    with pytest.raises(ValueError, match=key):
        load(LinearRecipe, json.dumps(VALUES | {key: value}))


def test_each_law_keeps_the_mask_ratios_it_can_serve():
    ratios = [0.0, 0.25, 0.3, 0.75]
    assert solvable(ratios, 4, "bernoulli") == ratios
    assert solvable(ratios, 4, "exact") == [0.0, 0.25, 0.75]
    assert solvable(ratios, 4, "hidden") == [0.25, 0.3, 0.75]
