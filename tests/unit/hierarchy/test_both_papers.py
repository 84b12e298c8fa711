"""Both papers' quantities of one run, from small tables of it."""

import itertools

import numpy as np
import pytest

from spatial_mae.hierarchy.both_papers import (
    course,
    expected_level_rows,
    measured_rows,
    rank_agreement,
)
from spatial_mae.hierarchy.builders import quad_tree
from spatial_mae.hierarchy.levels import LevelArrays, measure_levels

MADE = {"epochs": 3, "pretrain_n_train": 100, "model_width": 8, "status": "completed"}


def level(rows, measure, arity):
    return next(r["value"] for r in rows if (r["measure"], r["source"]) == (measure, arity))


def test_expected_level_is_the_mean_over_all_masks():
    rows = expected_level_rows([4], (8, 8), 2, 0.25, "exact")
    masks = np.zeros((1820, 16), dtype=bool)
    for index, hidden in enumerate(itertools.combinations(range(16), 4)):
        masks[index, list(hidden)] = True
    found = measure_levels(LevelArrays.of(quad_tree(2)), masks)
    for reading in ("lowest", "mean", "highest"):
        expected = 1 + found[reading].mean()  # units of 2 x 2 pixels lie one level up
        assert level(rows, f"level_{reading}", "arity 4") == pytest.approx(expected)


def test_a_level_of_halves_counts_half():
    quad, halves = (expected_level_rows([a], (2, 2), 1, 0.25, "exact") for a in (4, 2))
    # One of four units hidden shares the top of a quad-tree, 2 x 2; of two halves the hidden half.
    assert level(quad, "level_mean", "arity 4") == pytest.approx(1.0)
    assert level(halves, "level_mean", "arity 2") == pytest.approx(0.5)


def test_a_tree_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="9 mask units are no power of 4"):
        expected_level_rows([4], (6, 6), 2, 0.5, "exact")


def table(*rows):
    return [{**MADE, "standard_error": 0.1, "status": "completed", **row} for row in rows]


@pytest.fixture
def tables():
    jacobian = [
        {"measure": m, "source": s, "power": p, "outputs": "hidden", "value": 10 * p + place}
        | {"channels": "sum", "base": None, "normalised": None}
        for m, p, (place, s) in itertools.product(
            ("entropy", "spread"), (1, 2), enumerate(("network", "untrained", "linear"))
        )
    ]
    attention = [
        {"query": "patches", "metric": "distance", "block": b, "head": h, "epoch": e}
        | {"value": b + e / 10 + (h or 0), "uniform": 9.0}
        for b, h, e in itertools.product((1, 2), (None, 1), (0, 3))
    ]
    unmasked = [
        {"metric": m, "epoch": e, "value": e + 0.5} for m in ("ssim", "mse") for e in (0, 3)
    ]
    embedding = [
        {"metric": "silhouette", "space": s, "epoch": 3, "value": v}
        for s, v in (("pca", 0.2), ("tsne", 0.9))
    ]
    probe = {"protocol": "linear_probe", "metric": "accuracy", "epoch": 3}
    evaluation = [
        probe | {"representation": r, "value": v} for r, v in (("mean", 0.4), ("cls", 0.3))
    ]
    evaluation.append({"protocol": "reconstruction", "metric": "accuracy", "epoch": 3, "value": 1})
    evaluation.append(probe | {"representation": "pca", "epoch": None, "value": 0.1})
    parts = (jacobian, unmasked, attention, embedding, evaluation)
    names = ("jacobian", "unmasked", "attention", "embedding", "evaluation")
    return {name: table(*part) for name, part in zip(names, parts, strict=True)}


def test_each_measure_is_read_before_and_after_training(tables):
    found = {(r["measure"], r["source"]): r["value"] for r in measured_rows(tables, n_blocks=2)}
    assert found == {
        ("entropy", "network"): 10, ("entropy", "untrained"): 11, ("entropy", "linear"): 12,
        ("spread", "network"): 10, ("spread", "untrained"): 11, ("spread", "linear"): 12,
        ("attention_distance", "untrained"): 2.0, ("attention_distance", "network"): 2.3,
        ("attention_distance", "uniform"): 9.0,
        ("ssim", "untrained"): 0.5, ("ssim", "network"): 3.5,
        ("silhouette", "network"): 0.2, ("probe", "network"): 0.4,
    }  # fmt: skip


def test_what_a_recipe_leaves_out_is_left_out(tables):
    empty = tables | {"unmasked": [], "attention": [], "embedding": []}
    assert {r["measure"] for r in measured_rows(empty, 2)} == {"entropy", "spread", "probe"}


def test_rank_agreement():
    rising = {0.25: 1, 0.5: 2, 0.75: 3}
    assert rank_agreement(rising, {m: v**2 for m, v in rising.items()}) == (1.0, 3)
    assert rank_agreement(rising, {m: -v for m, v in rising.items()}) == (-1.0, 3)
    tau, n = rank_agreement(rising, {0.25: 1, 0.5: 3, 0.75: 2, 0.9: 0})
    assert (tau, n) == (pytest.approx(1 / 3), 3)
    assert rank_agreement(rising, {0.25: 1.0, 0.5: 1.005, 0.75: 1.009}) == (None, 3)
    assert rank_agreement(rising, {0.25: 1, 0.5: 2}) == (None, 2)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1, 2, 3, 4), "rising"),
        ((4, 2, 1.995, 1), "falling"),
        ((1, 3, 2, 1), "peak at 0.25"),
        ((3, 2, 1, 2), "trough at 0.5"),
        ((1, 2, 1, 2), "mixed"),
        ((1, 1.003, 1.002, 1), "flat"),
        ((-3, -2, -1, -2), "peak at 0.5"),
        ((100, 100.8, 101.6, 100.9), "peak at 0.5"),
    ],
)
def test_the_course_of_a_curve(values, expected):
    assert course(dict(zip((0.1, 0.25, 0.5, 0.9), values, strict=True))) == expected
