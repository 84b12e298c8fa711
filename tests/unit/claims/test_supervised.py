"""Judges of supervised networks on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import supervised
from spatial_mae.claims.verdict import FAILS, HOLDS, NOT_RUN

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
    "pixels": "lossless",
    "status": "completed",
}


def depths(accuracy, depths=(4, 12, 20), **others):
    return [{**ROW, "enc": depth, "accuracy": accuracy(depth), **others} for depth in depths]


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (lambda depth: 0.8 - 0.01 * abs(depth - 12), HOLDS),
        (lambda depth: 0.5 + 0.01 * depth, FAILS),
    ],
)
def test_the_deepest_is_worse(accuracy, verdict):
    found = supervised.deepest_is_worse({"supervised": depths(accuracy)})
    assert found.verdict == verdict
    assert "Deepest against middle: 20 and 12 blocks" in found.conditions


def test_small_networks_are_compared_at_the_same_ratio_and_marked():
    rows = depths(lambda depth: 0.5 - 0.02 * depth, (1, 2, 3), model_width=48, epochs=2)
    found = supervised.deepest_is_worse({"supervised": rows})
    assert found.verdict == HOLDS
    assert found.conditions.startswith("At 2 supervised epochs of 50000 images, width 48 (")
    assert "Deepest against middle: 3 and 2 blocks" in found.conditions


def test_one_depth_is_no_trend():
    rows = depths(lambda depth: 0.5, (12,))
    assert supervised.deepest_is_worse({"supervised": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(("best", "verdict"), [(0.835, HOLDS), (0.9, FAILS), (0.7, FAILS)])
def test_the_plateau_is_compared_at_the_papers_scale(best, verdict):
    found = supervised.plateau_of_supervised_accuracy({"supervised": depths(lambda depth: best)})
    assert found.verdict == verdict
    assert found.conditions.startswith("At the paper's scale")


@pytest.mark.parametrize(
    "smaller", [{"epochs": 5}, {"model_width": 96}, {"n_train": 5000}, {"dataset": "leaves"}]
)
def test_smaller_runs_never_decide_the_plateau(smaller):
    rows = depths(lambda depth: 0.835, **smaller)
    found = supervised.plateau_of_supervised_accuracy({"supervised": rows})
    assert found.verdict == NOT_RUN
    assert "best accuracy 83.5%" in found.conditions


def test_without_completed_runs_nothing_is_compared():
    rows = depths(lambda depth: 0.835, status="diverged")
    tables = {"supervised": rows}
    assert supervised.plateau_of_supervised_accuracy(tables).verdict == NOT_RUN
    assert supervised.deepest_is_worse(tables).verdict == NOT_RUN
