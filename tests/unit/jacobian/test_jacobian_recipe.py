"""Recipes of the Jacobian stage: the order of their conventions, and what they refuse."""

import json

import pytest

from spatial_mae.jacobian.recipe import (
    BasisRecipe,
    ComparisonRecipe,
    Convention,
    JacobianRecipe,
    MaskedLossRecipe,
)
from spatial_mae.study.recipes import load

CONVENTIONS = {
    "powers": [2, 1],
    "channels": ["separate", "sum"],
    "bases": [2, "e"],
    "normalisations": ["all", "no"],
}
LINEAR = {"linear_centring": "centred", "linear_ridge": 0.001, "linear_flip": True}
RECIPES = {
    JacobianRecipe: CONVENTIONS
    | LINEAR
    | {
        "split": "test",
        "n_images": 10,
        "n_masks": 1,
        "outputs": "hidden",
        "n_outputs": None,
        "n_bins": 40,
    },
    BasisRecipe: CONVENTIONS
    | LINEAR
    | {"split": "train", "n_images": 3, "n_shown": 3, "pixels": [[0, 1], [1, 0]]},
    ComparisonRecipe: LINEAR
    | {
        "split": "test",
        "pixels": [[10, 10]],
        "n_images": 5,
        "n_fitted": 20,
        "penalties": [0.1],
        "validation_share": 0.1,
        "test_share": 0.2,
        "n_errors": 5,
    },
    MaskedLossRecipe: {
        "split": "test",
        "n_images": 4,
        "n_masks": 30,
        "mask_ratios": [0.1],
        "input_scales": [1.0],
    },
}
PIXELS = r"pixels.*expected (different \[row, column\]|a list of|a whole number)"


def read(recipe, **changes):
    return load(recipe, json.dumps(RECIPES[recipe] | changes))


def test_every_recipe_is_read_from_json():
    assert read(JacobianRecipe).n_outputs is None
    assert read(JacobianRecipe, n_outputs=7).n_outputs == 7
    assert read(BasisRecipe).pixels == ([0, 1], [1, 0])
    assert read(ComparisonRecipe).linear_flip is True
    assert read(MaskedLossRecipe).mask_ratios == (0.1,)


@pytest.mark.parametrize("recipe", [JacobianRecipe, BasisRecipe])
def test_conventions_are_all_combinations_the_first_of_each_list_first(recipe):
    found = list(read(recipe).all())
    assert found[0] == Convention(2, "separate", 2, "all")
    expected = [
        Convention(power, channels, base, normalised)
        for power in (2, 1)
        for channels in ("separate", "sum")
        for base in (2, "e")
        for normalised in ("all", "no")
    ]
    assert found == expected


def test_weightings_and_units_together_make_the_conventions():
    recipe = read(JacobianRecipe)
    assert recipe.weightings() == [(2, "separate"), (2, "sum"), (1, "separate"), (1, "sum")]
    assert recipe.units() == [(2, "all"), (2, "no"), ("e", "all"), ("e", "no")]
    assert [(c.power, c.channels) for c in recipe.all()][::4] == recipe.weightings()


@pytest.mark.parametrize("recipe", [JacobianRecipe, BasisRecipe])
@pytest.mark.parametrize("name", list(CONVENTIONS))
def test_a_convention_needs_a_choice(recipe, name):
    with pytest.raises(
        ValueError, match=rf"{name}: \[\] is not allowed; expected a list of 1 or more"
    ):
        read(recipe, **{name: []})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"powers": [3]}, "powers"),
        ({"channels": ["mean"]}, "channels"),
        ({"bases": [10]}, "bases"),
        ({"normalisations": ["yes"]}, "normalisations"),
        ({"split": "validation"}, "split"),
        ({"outputs": "visible"}, "outputs"),
        ({"n_outputs": 1.5}, "n_outputs"),
    ],
)
def test_other_words_and_numbers_are_refused(changes, message):
    with pytest.raises(ValueError, match=rf"JacobianRecipe.{message}.* is not allowed"):
        read(JacobianRecipe, **changes)


@pytest.mark.parametrize("recipe", [JacobianRecipe, BasisRecipe, ComparisonRecipe])
def test_the_linear_model_reads_pixels(recipe):
    assert read(recipe, linear_centring="raw").linear_centring == "raw"
    with pytest.raises(ValueError, match="'centered' is not .* did you mean 'centred'"):
        read(recipe, linear_centring="centered")
    with pytest.raises(ValueError, match="linear_centring: 'standardised' is not allowed"):
        read(recipe, linear_centring="standardised")


@pytest.mark.parametrize(
    ("recipe", "names"),
    [
        (JacobianRecipe, ("n_images", "n_masks", "n_outputs", "n_bins")),
        (BasisRecipe, ("n_images", "n_shown")),
        (ComparisonRecipe, ("n_images", "n_fitted", "n_errors")),
        (MaskedLossRecipe, ("n_images", "n_masks")),
    ],
)
@pytest.mark.parametrize("count", [0, -1])
def test_counts_are_1_or_more(recipe, names, count):
    for name in names:
        with pytest.raises(
            ValueError, match=f"{name}: {count} is not allowed; expected a whole number"
        ):
            read(recipe, **{name: count})


def test_kernels_are_compared_between_two_images_at_least():
    with pytest.raises(
        ValueError, match="n_images: 1 is not allowed; expected a whole number, 2 or more"
    ):
        read(BasisRecipe, n_images=1, n_shown=1)
    with pytest.raises(ValueError, match="n_images 3: expected at least the 4 that are shown"):
        read(BasisRecipe, n_shown=4)
    assert read(BasisRecipe, n_images=2, n_shown=2).n_images == 2


@pytest.mark.parametrize("recipe", [BasisRecipe, ComparisonRecipe])
@pytest.mark.parametrize(
    "pixels",
    [[], [[0, 1], [2, 2], [0, 1]], [[0]], [[0, 1, 2]], [[-1, 0]], [[0, 1.0]], [[0, True]]],
)
def test_pixels_are_different_places_in_whole_numbers(recipe, pixels):
    with pytest.raises(ValueError, match=PIXELS):
        read(recipe, pixels=pixels)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"penalties": []}, "penalties: .* a list of 1 or more: numbers, above 0"),
        ({"penalties": [0.1, 0.0]}, "penalties.*0.0 is not allowed"),
        ({"validation_share": 0.0}, "validation_share: 0.0"),
        ({"validation_share": 0.5, "test_share": 0.5}, "their sum must be below 1"),
    ],
)
def test_affine_fits_are_checked_before_anything_runs(changes, message):
    with pytest.raises(ValueError, match=message):
        read(ComparisonRecipe, **changes)
