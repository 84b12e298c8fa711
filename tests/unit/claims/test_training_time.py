"""Judges of pretraining time on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.training_time import (
    decoder_layers_cost_more,
    less_masking_takes_longer,
    longest_run,
)
from spatial_mae.claims.verdict import (
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    TOO_SMALL,
    Undecidable,
)

LARGE = {"dataset": "cifar10", "model_width": 192, "n_images": 50_000, "epochs": 2000}


@pytest.fixture
def runs(probe, repeated):
    """Two rows a run, as tables have many."""

    def rows(seconds, masks=(0.1, 0.5, 0.9), seeds=3, **others):
        made = [probe(0.5, mask=m, pretrain_seconds=seconds(m), **others) for m in masks]
        return [
            {**row, "representation": name}
            for row in repeated(made, "pretrain_seconds", seeds, noise=0.05)
            for name in ("class_token", "mean")
        ]

    return rows


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        (lambda m: 10 - 5 * m, HOLDS),
        (lambda m: 5 + 5 * m, FAILS),
        (lambda m: 5.0, FAILS),
        (lambda m: {0.1: 10, 0.5: 16, 0.9: 7}[m], FAILS),
    ],
)
def test_less_masking_takes_longer(runs, seconds, verdict):
    found = less_masking_takes_longer({"evaluation": runs(seconds)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    assert found.conditions.startswith("At 4 epochs of 1000 images, width 48")
    if verdict == HOLDS:
        assert "time at the lowest mask ratio over that at the highest 1.7" in found.sentence
        assert "times (95% interval" in found.sentence


def test_checkpoints_are_not_the_whole_training(runs):
    rows = runs(lambda m: 10 - 5 * m) + runs(lambda m: 1 + m, epoch=1)
    assert less_masking_takes_longer({"evaluation": rows}).verdict == HOLDS


def test_rows_without_a_time_hide_no_run(runs):
    rows = runs(lambda m: 10 - 5 * m)
    rows += [{**row, "pretrain_seconds": None, "representation": "pca"} for row in rows[::2]]
    assert less_masking_takes_longer({"evaluation": rows}).verdict == HOLDS


def test_runs_on_two_devices_are_not_compared(runs):
    rows = runs(lambda m: 10.0, (0.1,)) + runs(lambda m: 1.0, (0.9,), device="gpu")
    assert less_masking_takes_longer({"evaluation": rows}).verdict == NOT_RUN


def test_one_seed_decides_nothing(runs):
    rows = runs(lambda m: 10 - 5 * m, seeds=1)
    assert less_masking_takes_longer({"evaluation": rows}).verdict == INCONCLUSIVE


@pytest.fixture
def depths(probe, repeated):
    """Rows of runs over the depths of encoder and decoder, of three seeds."""

    def rows(seconds, encoders=(1, 4, 12), decoders=(1, 2, 8), noise=0.05, **others):
        made = [
            probe(0.5, enc=e, dec=d, pretrain_seconds=seconds(e, d), **others)
            for e in encoders
            for d in decoders
        ]
        return repeated(made, "pretrain_seconds", noise=noise)

    return rows


@pytest.mark.parametrize(
    ("seconds", "noise", "verdict"),
    [
        (lambda e, d: 10 + e + 2 * d, 0.05, HOLDS),
        (lambda e, d: 10 + 2 * e + d, 0.05, FAILS),
        (lambda e, d: 10 + e + d, 0.05, FAILS),
        (lambda e, d: 10 + e + 1.3 * d, 5.0, INCONCLUSIVE),
    ],
)
def test_decoder_layers_cost_more(depths, seconds, noise, verdict):
    found = decoder_layers_cost_more({"evaluation": depths(seconds, noise=noise)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    if verdict == HOLDS:  # 2 seconds a layer against 1, of 23 in the mean
        assert found.evidence["estimate"] == pytest.approx(1 / 23, abs=0.003)


@pytest.mark.parametrize("one", [{"encoders": (4,)}, {"decoders": (1,)}])
def test_layers_of_one_side_are_not_enough(depths, one):
    rows = depths(lambda e, d: 10 + e + 2 * d, **one)
    assert decoder_layers_cost_more({"evaluation": rows}).verdict == NOT_RUN


def test_layers_on_two_devices_are_not_compared(depths):
    rows = depths(lambda e, d: 10 + e, decoders=(1,))
    rows += depths(lambda e, d: 10 + 2 * d, encoders=(4,), decoders=(2, 8), device="gpu")
    assert decoder_layers_cost_more({"evaluation": rows}).verdict == NOT_RUN


@pytest.mark.parametrize("judge", [less_masking_takes_longer, longest_run])
def test_times_that_are_none(runs, judge):
    rows = runs(lambda m: 10 - 5 * m)
    assert judge({"evaluation": [{**r, "pretrain_seconds": None} for r in rows]}).verdict == NOT_RUN
    assert judge({"evaluation": [{**r, "status": "diverged"} for r in rows]}).verdict == NOT_RUN
    rows[0]["pretrain_seconds"] = float("nan")
    with pytest.raises(Undecidable, match="nan in 1 of"):
        judge({"evaluation": rows})


@pytest.mark.parametrize(("hours", "verdict"), [(8, HOLDS), (2, FAILS), (12, FAILS)])
def test_hours_at_the_papers_scale(runs, hours, verdict):
    rows = runs(lambda m: hours * 3600 * (1 - m) / 0.9, device="NVIDIA A100", **LARGE)
    found = longest_run({"evaluation": rows})
    assert (found.verdict, found.n) == (verdict, 50_000)
    assert "on NVIDIA A100 (the paper: 6 to 10)" in found.sentence
    assert found.evidence["hours_longest"] == pytest.approx(hours, rel=1e-3)
    assert found.scale == "2000 epochs, width 192"


def test_small_runs_next_to_large_ones_do_not_count(runs):
    rows = runs(lambda m: 8 * 3600.0, device="NVIDIA A100", **LARGE)
    rows += runs(lambda m: 50 * 3600.0, device="NVIDIA A100")
    assert longest_run({"evaluation": rows}).verdict == HOLDS


def test_images_known_of_the_pretraining_alone(runs):
    rows = runs(lambda m: 8 * 3600.0, device="gpu", **LARGE | {"n_images": None})
    rows = [{**row, "pretrain_n_train": 50_000} for row in rows]
    found = longest_run({"evaluation": rows})
    assert (found.verdict, found.n) == (HOLDS, None)


@pytest.mark.parametrize("smaller", [{}, {"device": "cpu"}, {"epochs": 40}])
def test_small_runs_and_cpus_never_decide_the_hours(runs, smaller):
    large = {**LARGE, "device": "NVIDIA A100", **smaller} if smaller else {}
    found = longest_run({"evaluation": runs(lambda m: 8 * 3600.0, **large)})
    assert found.verdict == TOO_SMALL
    assert "the longest run here took 8 hours" in found.sentence
    assert "A number of the paper's scale on a GPU" in found.sentence
