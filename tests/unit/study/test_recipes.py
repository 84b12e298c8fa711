"""Recipes come from JSON, checked."""

import json
from dataclasses import dataclass
from typing import Literal

import pytest

from spatial_mae.study import recipes


@dataclass(frozen=True)
class Recipe:
    mask_ratios: tuple[float, ...]
    n_latents: tuple[int | str, ...]
    sampling: Literal["bernoulli", "exact"]
    ridge: float
    size: int | None = None


GOOD = {"mask_ratios": [0, 0.5], "n_latents": [8, "all"], "sampling": "exact", "ridge": 0}


def test_lists_become_tuples_and_integers_floats():
    recipe = recipes.load(Recipe, json.dumps(GOOD))
    assert recipe == Recipe((0, 0.5), (8, "all"), "exact", 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mask_ratio": [0]}, "unknown key 'mask_ratio'; did you mean 'mask_ratios'"),
        ({"sampling": "poisson"}, "sampling: 'poisson' is not of type"),
        ({"n_latents": [True]}, "n_latents"),
        ({"ridge": "0"}, "ridge: '0'"),
        ({"size": 1.5}, "size: 1.5"),
    ],
)
def test_bad_values_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        recipes.load(Recipe, json.dumps(GOOD | change))


def test_missing_keys_are_named():
    with pytest.raises(ValueError, match="missing mask_ratios, n_latents"):
        recipes.load(Recipe, '{"sampling": "exact", "ridge": 0}')


def test_a_list_is_no_recipe():
    with pytest.raises(ValueError, match="expected a JSON object"):
        recipes.load(Recipe, "[]")
