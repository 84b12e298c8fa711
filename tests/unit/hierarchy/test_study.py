import numpy as np
import pytest

from spatial_mae.hierarchy.study import LevelsRecipe, build_tree, level_rows

RECIPE = LevelsRecipe(
    laws=("bernoulli", "exact", "contiguous"),
    unit_levels=(0, 1),
    mask_ratios=(0.25, 0.5),
    n_masks=400,
)


def rows_of(recipe=RECIPE, seed=0):
    return level_rows(recipe, 1, 2, 4, np.random.default_rng(seed))


def test_formula_and_samples_or_enumeration_agree():
    rows = rows_of()
    setting = ("law", "unit_level", "mask_ratio", "definition")
    formula = {tuple(r[k] for k in setting): r for r in rows if r["method"] == "formula"}
    compared = 0
    for row in rows:
        exact = formula.get(tuple(row[k] for k in setting))
        if exact is not None and row is not exact:
            compared += 1
            rare = 0 if row["method"] == "enumeration" else 3 / row["n_masks"]  # never drawn
            allowed = 4 * row["standard_error"] + rare + 1e-12
            assert abs(row["value"] - exact["value"]) <= allowed
    assert compared == len(formula) > 0


def test_all_masks_are_taken_where_they_are_few():
    rows = rows_of()
    methods = {(r["law"], r["unit_level"]): r["method"] for r in rows if r["method"] != "formula"}
    assert methods[("bernoulli", 0)] == "sampling" != methods[("bernoulli", 1)]
    assert methods[("contiguous", 0)] == "enumeration"
    counts = {r["n_masks"] for r in rows if r["law"] == "bernoulli" and r["unit_level"]}
    assert counts == {None, 254}


def test_the_seed_decides():
    assert rows_of() == rows_of() != rows_of(seed=1)


@pytest.mark.parametrize(
    ("dimensions", "arity", "message"), [(2, 2, "arity 4"), (3, 4, "3 dimensions")]
)
def test_an_image_has_a_quad_tree(dimensions, arity, message):
    assert len(build_tree(2, 4, 2).observables) == len(build_tree(1, 4, 2).observables) == 16
    with pytest.raises(ValueError, match=message):
        build_tree(dimensions, arity, 2)


def test_trees_too_large_for_the_formula_are_sampled_under_laws_without_one():
    kept = {"unit_levels": (0,), "mask_ratios": (0.5,), "n_masks": 2}
    laws = ("contiguous", "displaced")
    rows = level_rows(LevelsRecipe(laws=laws, **kept), 2, 4, 6, np.random.default_rng(0))
    assert {row["law"] for row in rows} == set(laws)
    assert {row["method"] for row in rows} == {"sampling"}
    with pytest.raises(ValueError, match="4096 mask units: .* at most 1024; take larger units"):
        level_rows(LevelsRecipe(laws=("exact",), **kept), 2, 4, 6, np.random.default_rng(0))


def test_one_mask_has_no_standard_error():
    with pytest.raises(ValueError, match="n_masks: 1 .* 2 or more"):
        rows_of(LevelsRecipe(laws=("exact",), unit_levels=(0,), mask_ratios=(0.5,), n_masks=1))
