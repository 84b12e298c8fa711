"""The table of the Gaussian tree: what it holds, and what is refused before any work."""

from dataclasses import replace

import numpy as np
import pytest

from spatial_mae.hierarchy.gaussian_study import GaussianTreeRecipe, gaussian_rows
from spatial_mae.study.recipes import load

RECIPE = GaussianTreeRecipe(
    variance_ratios=(1.0, 4.0),
    unit_levels=(0, 1),
    mask_ratios=(0.25, 0.5, 0.75),
    n_latents=(1, 4),
    n_masks=10,
)


def table(recipe=RECIPE, dimensions=2, arity=4, depth=2):
    return gaussian_rows(recipe, dimensions, arity, depth, np.random.default_rng(0))


def values(rows, **wanted):
    kept = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return [row["value"] for row in kept]


def test_a_row_for_every_setting_once():
    rows = table()
    keys = set(rows[0]) - {"value", "standard_error", "n_masks"}
    assert len({tuple(row[key] for key in keys) for row in rows}) == len(rows)
    settings = 2 * 2 * 3
    assert len(values(rows, metric="mean_distance")) == settings * 3
    assert len(values(rows, metric="r_squared", source="conditional")) == settings * 3
    assert all(0 <= value <= 1 for value in values(rows, metric="r_squared"))
    assert sum(values(rows, metric="features", n_latents=4)) == settings * 4


def test_the_level_is_constant_and_the_distance_is_not():
    rows = table()
    for source, k in (("code", 1), ("code", 4), ("shared", None)):
        setting = {"source": source, "n_latents": k, "variance_ratio": 1.0, "unit_level": 0}
        levels = values(rows, metric="mean_level", input="whole", **setting)
        assert len(levels) == 3 and max(levels) == pytest.approx(min(levels), abs=1e-12)
    distances = values(rows, metric="mean_distance", source="code", n_latents=4, unit_level=0)
    assert (np.diff(np.reshape(distances, (2, 3)), axis=1) > 0).all()


def test_few_masks_are_all_used_and_many_are_drawn():
    drawn = [row for row in table() if row["source"] == "conditional"]
    by_unit = {row["unit_level"]: row["n_masks"] for row in drawn}
    assert by_unit == {0: 10, 1: 10}  # of 65,534 and 14
    every = [r for r in table(replace(RECIPE, n_masks=14)) if r["source"] == "conditional"]
    whole = [row for row in every if row["unit_level"] == 1]
    assert {(row["n_masks"], row["standard_error"]) for row in whole} == {(14, 0.0)}
    assert any(row["standard_error"] > 0 for row in every)


def test_the_exact_law_is_the_closed_form_with_its_own_chances():
    exact = table(replace(RECIPE, laws=("exact",), unit_levels=(1,), n_masks=0))
    bernoulli = table(replace(RECIPE, unit_levels=(1,), n_masks=0))
    wanted = {"metric": "mean_distance", "source": "code", "n_latents": 4}
    assert (np.array(values(exact, **wanted)) > values(bernoulli, **wanted)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit_levels": (2,)}, r"blocks of a level in 0\.\.1"),
        ({"n_latents": (17,)}, "the tree has 16 pixels"),
        ({"laws": ("exact",), "mask_ratios": (0.01,)}, "hides none or all of them"),
        ({"laws": ("exact",), "mask_ratios": (0.99,)}, "hides none or all of them"),
        ({"laws": ("exact",), "mask_ratios": (0.3,)}, "does not hide a whole number"),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        table(replace(RECIPE, **change))


@pytest.mark.parametrize("ratio", [0, 1])
def test_a_recipe_that_hides_nothing_or_everything_is_refused(ratio):
    with pytest.raises(ValueError, match="mask_ratios"):
        replace(RECIPE, mask_ratios=(ratio,))


def test_a_level_without_variance_is_no_ratio():
    with pytest.raises(ValueError, match="variance_ratios"):
        load(
            GaussianTreeRecipe,
            '{"variance_ratios": [0], "unit_levels": [0], "mask_ratios": [0.5], "n_latents": [1]}',
        )


def test_trees_of_one_level_or_too_many_pixels_are_refused():
    with pytest.raises(ValueError, match="two or more"):
        table(depth=0)
    with pytest.raises(ValueError, match="set n_masks to 0"):
        table(depth=6)
    with pytest.raises(ValueError, match="dimensions 2 with arity 4"):
        table(arity=2)
