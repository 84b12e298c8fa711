"""Recipes come from JSON, checked."""

import json
from dataclasses import dataclass
from typing import Literal

import pytest

from spatial_mae.study import recipes
from spatial_mae.study.keys import Count


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
        ({"sampling": "poisson"}, "sampling: 'poisson' is not allowed; expected one of bernoulli"),
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


@dataclass(frozen=True)
class Bounded(recipes.Checked):
    few: Count = 1
    many: Count = 2

    def check(self):
        if self.many < self.few:
            raise ValueError("many is below few")


def test_a_recipe_is_checked_however_it_is_made():
    with pytest.raises(ValueError, match="Bounded.few: 0 is not allowed.*\nBounded.many: 'a' is"):
        Bounded(few=0, many="a")
    with pytest.raises(ValueError, match="many is below few"):
        recipes.load(Bounded, '{"few": 3}')
