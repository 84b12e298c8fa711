"""Judges of pretraining time on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.training_time import less_masking_takes_longer, longest_run
from spatial_mae.claims.verdict import FAILS, HOLDS, NOT_RUN

LARGE = {"dataset": "cifar10", "model_width": 192, "n_images": 50_000, "epochs": 2000}


def runs(probe, seconds, masks=(0.1, 0.5, 0.9), **others):
    """Two rows a run, as tables have many."""
    return [
        probe(0.5, mask=m, pretrain_seconds=seconds(m), representation=name, **others)
        for m in masks
        for name in ("class_token", "mean")
    ]


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(lambda m: 10 - 5 * m, HOLDS), (lambda m: 5 + 5 * m, FAILS), (lambda m: 5.0, FAILS)],
)
def test_less_masking_takes_longer(probe, seconds, verdict):
    found = less_masking_takes_longer({"evaluation": runs(probe, seconds)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    assert found.evidence["time_ratio_median"] == pytest.approx(seconds(0.1) / seconds(0.9))
    assert found.conditions.startswith("At 4 epochs of 1000 images, width 48")


def test_checkpoints_are_not_the_whole_training(probe):
    rows = runs(probe, lambda m: 10 - 5 * m) + runs(probe, lambda m: m, epoch=1)
    assert less_masking_takes_longer({"evaluation": rows}).verdict == HOLDS


def test_rows_without_a_time_hide_no_run(probe):
    rows = runs(probe, lambda m: 10 - 5 * m)
    rows += [{**row, "pretrain_seconds": None, "representation": "pca"} for row in rows[::2]]
    assert less_masking_takes_longer({"evaluation": rows}).verdict == HOLDS


def test_runs_on_two_devices_are_not_compared(probe):
    rows = runs(probe, lambda m: 10.0, (0.1,)) + runs(probe, lambda m: 1.0, (0.9,), device="gpu")
    assert less_masking_takes_longer({"evaluation": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(("hours", "verdict"), [(8, HOLDS), (2, FAILS), (12, FAILS)])
def test_hours_at_the_papers_scale(probe, hours, verdict):
    rows = runs(probe, lambda m: hours * 3600 * (1 - m) / 0.9, device="NVIDIA A100", **LARGE)
    found = longest_run({"evaluation": rows})
    assert found.verdict == verdict
    assert "NVIDIA A100" in found.conditions
    assert found.evidence["hours_longest"] == pytest.approx(hours)


@pytest.mark.parametrize("smaller", [{}, {"device": "cpu"}, {"epochs": 40}])
def test_small_runs_and_cpus_never_decide_the_hours(probe, smaller):
    large = {**LARGE, "device": "NVIDIA A100", **smaller} if smaller else {}
    found = longest_run({"evaluation": runs(probe, lambda m: 8 * 3600.0, **large)})
    assert found.verdict == NOT_RUN
    assert "longest run 8 hours" in found.conditions
