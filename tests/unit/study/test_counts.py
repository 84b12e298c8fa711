"""Recipes that ask for more images than there are."""

from dataclasses import dataclass
from typing import Annotated

import pytest

from spatial_mae.evaluation.recipe import EvaluationRecipe, SimilarityRecipe
from spatial_mae.jacobian.recipe import BasisRecipe, ComparisonRecipe
from spatial_mae.study.counts import fitted, number_of
from spatial_mae.study.keys import Images, UpTo

FEW = {"train": 40, "test": 10}


@dataclass(frozen=True)
class Recipe:
    n_train: Annotated[int | None, Images("train")] = 100
    neighbours: Annotated[int, UpTo("n_train")] = 50
    other: int = 1000


def test_images_that_are_not_there_are_not_asked_for():
    found, remarks = fitted(Recipe(), FEW)
    assert found == Recipe(40, 40)
    assert remarks == [
        "n_train: 100 asked for, the data set has 40 train images: 40 taken",
        "neighbours: 50 asked for, n_train is 40: 40 taken",
    ]


def test_all_images_limit_what_depends_on_them():
    found, remarks = fitted(Recipe(n_train=None), FEW)
    assert found == Recipe(None, 40) and "the data set has 40 train images" in remarks[0]


def test_images_held_out_count_as_test_images():
    found, _ = fitted(EvaluationRecipe(held_out=0.25, n_train=35, n_test=20), FEW)
    assert (found.n_train, found.n_test, found.n_reconstructed) == (30, 10, 10)


def test_a_recipe_that_fits_stays_the_same():
    recipe = Recipe(40, 40)
    assert fitted(recipe, FEW) == (recipe, []) and fitted(recipe, FEW)[0] is recipe


def test_the_split_may_be_a_key():
    for split, n in (("train", 40), ("test", 10)):
        found, _ = fitted(SimilarityRecipe(reference={"enc": 2}, split=split), FEW)
        assert (found.n_images, found.batch_size) == (n, n)


def test_defaults_of_recipes_are_fitted():
    found, _ = fitted(EvaluationRecipe(), {"train": 8, "test": 3})
    assert (found.n_train, found.neighbours) == (None, 8)
    assert (found.n_reconstructed, found.n_gallery) == (3, 3)
    found, _ = fitted(ComparisonRecipe(pixels=((0, 0),)), FEW)
    assert (found.n_images, found.n_fitted, found.n_errors) == (10, 40, 10)
    found, _ = fitted(BasisRecipe(pixels=((0, 0),)), {"train": 8, "test": 2})
    assert (found.n_images, found.n_shown) == (2, 2)


def test_too_few_images_for_a_recipe_are_refused_in_its_words():
    with pytest.raises(ValueError, match="n_images"):
        fitted(SimilarityRecipe(reference={"enc": 2}), {"train": 9, "test": 3})


@pytest.mark.parametrize(
    ("n", "count"),
    [("all", 60), ("25%", 15), ("50%", 30), ("1%", 2), (7, 7), ("7", 7), (90, 90), ("99%", 59)],
)
def test_numbers_and_shares_of_images(n, count):
    assert number_of(n, 60) == count


@pytest.mark.parametrize("n", ["half", "0%", "100%", "2.5%", "-3", "%"])
def test_what_is_no_number_of_images_is_refused(n):
    with pytest.raises(ValueError, match="a share such as 25%"):
        number_of(n, 60)
