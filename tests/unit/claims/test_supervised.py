"""Judges of supervised networks on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import supervised
from spatial_mae.claims.verdict import (
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    TOO_SMALL,
    Undecidable,
)

ROW = {
    "dataset": "cifar10",
    "model": "base",
    "patch": 4,
    "seed": 0,
    "n_images": 50_000,
    "model_width": 192,
    "epochs": 100,
    "n_train": 50_000,
    "n_test": 1_000_000,
    "n_classes": 10,
    "pixels": "lossless",
    "status": "completed",
}
BOTH = (supervised.deepest_is_worse, supervised.plateau_of_supervised_accuracy)


@pytest.fixture
def depths(repeated):
    def rows(accuracy, depths=(4, 12, 20), seeds=3, **others):
        made = [{**ROW, "enc": depth, "accuracy": accuracy(depth), **others} for depth in depths]
        return repeated(made, "accuracy", seeds)

    return rows


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (lambda depth: 0.8 - 0.01 * abs(depth - 12), HOLDS),
        (lambda depth: 0.5 + 0.01 * depth, FAILS),
        (lambda depth: 0.8, FAILS),
        (lambda depth: 0.1 + 0.05 * (depth == 12), TOO_SMALL),
    ],
)
def test_the_deepest_is_worse(depths, accuracy, verdict):
    found = supervised.deepest_is_worse({"supervised": depths(accuracy)})
    assert found.verdict == verdict
    if verdict != TOO_SMALL:
        assert "Deepest against middle: 20 and 12 blocks" in found.conditions


def test_small_networks_are_compared_at_the_same_ratio_and_marked(depths):
    rows = depths(lambda depth: 0.5 - 0.02 * depth, (1, 2, 3), model_width=48, epochs=2)
    found = supervised.deepest_is_worse({"supervised": rows})
    assert (found.verdict, found.scale) == (HOLDS, "2 epochs, width 48")
    assert found.conditions.startswith("At 2 supervised epochs of 50000 images, width 48 (")
    assert "Deepest against middle: 3 and 2 blocks" in found.conditions


def test_all_depths_that_are_compared_are_named(depths):
    rows = depths(lambda depth: 0.8 - 0.01 * depth, (12, 20))
    rows += depths(lambda depth: 0.8 - 0.01 * depth, (2, 4), patch=8)
    found = supervised.deepest_is_worse({"supervised": rows})
    assert "20 and 12 blocks" in found.conditions and "4 and 2 blocks" in found.conditions


def test_one_depth_is_no_trend(depths):
    rows = depths(lambda depth: 0.5, (12,))
    assert supervised.deepest_is_worse({"supervised": rows}).verdict == NOT_RUN


def test_the_error_of_the_test_set_and_one_seed_leave_it_open(depths):
    for change in ({"n_test": 100}, {"seeds": 1}):
        rows = depths(lambda depth: 0.8 - 0.02 * (depth == 20), **change)
        assert supervised.deepest_is_worse({"supervised": rows}).verdict == INCONCLUSIVE


@pytest.mark.parametrize(
    ("best", "verdict"), [(0.835, HOLDS), (0.829, HOLDS), (0.9, FAILS), (0.7, FAILS)]
)
def test_the_plateau_is_compared_at_the_papers_scale(depths, best, verdict):
    rows = depths(lambda depth: best - 0.02 * (depth != 12))
    found = supervised.plateau_of_supervised_accuracy({"supervised": rows})
    assert found.verdict == verdict
    assert found.conditions.startswith("At the paper's scale")
    assert found.evidence["settings"] == 1


def test_patch_sizes_are_not_averaged_to_a_plateau(depths):
    rows = depths(lambda depth: 0.9) + depths(lambda depth: 0.77, patch=8)
    assert supervised.plateau_of_supervised_accuracy({"supervised": rows}).verdict == FAILS


@pytest.mark.parametrize("change", [{"seeds": 1}, {"n_test": 200}])
def test_a_plateau_within_the_error_is_open(depths, change):
    rows = depths(lambda depth: 0.835, **change)
    found = supervised.plateau_of_supervised_accuracy({"supervised": rows})
    assert found.verdict == INCONCLUSIVE


@pytest.mark.parametrize(
    "smaller", [{"epochs": 5}, {"model_width": 96}, {"n_train": 5000}, {"dataset": "leaves"}]
)
def test_smaller_runs_never_decide_the_plateau(depths, smaller):
    rows = depths(lambda depth: 0.835, seeds=1, **smaller)
    found = supervised.plateau_of_supervised_accuracy({"supervised": rows})
    assert found.verdict == TOO_SMALL
    assert "the best accuracy here is 83.6%" in found.sentence


@pytest.mark.parametrize("judge", BOTH)
def test_without_completed_runs_nothing_is_compared(depths, judge):
    rows = depths(lambda depth: 0.835, status="diverged")
    assert judge({"supervised": rows}).verdict == NOT_RUN


@pytest.mark.parametrize("judge", BOTH)
@pytest.mark.parametrize("bad", [float("nan"), None])
def test_an_accuracy_that_is_none_decides_nothing(depths, judge, bad):
    rows = depths(lambda depth: 0.835)
    rows[0]["accuracy"] = bad
    with pytest.raises(Undecidable, match=f"{bad} in 1 of 9 rows"):
        judge({"supervised": rows})
