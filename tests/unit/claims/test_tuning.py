"""Judges of fine-tuning on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import tuning as judges
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN


def partial(tuning, gap=0.01, speedup=2.0, head=0.3, **others):
    """Head, one block, all blocks: accuracy 0.8 less the gap at one, time over the speed-up."""
    return [
        tuning(head, 0, seconds=4.0, peak_memory_bytes=10, **others),
        tuning(0.8 - gap, 1, seconds=10 / speedup, peak_memory_bytes=20, **others),
        tuning(0.8, "all", seconds=10.0, peak_memory_bytes=60, **others),
    ]


@pytest.mark.parametrize(("gap", "verdict"), [(0.01, HOLDS), (-0.05, HOLDS), (0.03, FAILS)])
def test_one_block_is_enough(tuning, gap, verdict):
    found = judges.one_block_is_enough({"fine_tuning": partial(tuning, gap)})
    assert found.verdict == verdict
    assert found.evidence["two_points_less_gap_median"] == pytest.approx(0.02 - gap)
    assert found.evidence["accuracy_head"] == 0.3
    assert found.conditions.startswith("At 4 epochs of 1000 images, then 2 of fine-tuning on 800")


def test_one_block_says_little_where_the_head_is_as_good(tuning):
    found = judges.one_block_is_enough({"fine_tuning": partial(tuning, head=0.79)})
    assert "The head alone comes within two points too" in found.conditions
    found = judges.one_block_is_enough({"fine_tuning": partial(tuning)})
    assert "The head alone" not in found.conditions


def test_one_block_of_one_tells_nothing(tuning):
    rows = [tuning(0.5, 1, enc=1), tuning(0.5, "all", enc=1)]
    assert judges.one_block_is_enough({"fine_tuning": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(("speedup", "verdict"), [(1.9, HOLDS), (1.5, HOLDS), (1.3, FAILS)])
def test_one_block_is_faster(tuning, speedup, verdict):
    found = judges.one_block_is_faster({"fine_tuning": partial(tuning, speedup=speedup)})
    assert found.verdict == verdict
    assert found.evidence["speedup_median"] == pytest.approx(speedup)
    assert found.evidence["memory_ratio_median"] == 3
    assert "Nearly 2 x: at least 1.5 x." in found.conditions


def test_times_of_two_devices_are_not_compared(tuning):
    rows = [tuning(0.8, 1, seconds=1.0, device="gpu"), tuning(0.8, "all", seconds=10.0)]
    assert judges.one_block_is_faster({"fine_tuning": rows}).verdict == NOT_RUN
    assert judges.one_block_is_enough({"fine_tuning": rows}).verdict == HOLDS


@pytest.mark.parametrize(
    ("gap", "speedup", "verdict"),
    [(0.01, 2.0, HOLDS), (0.03, 2.0, FAILS), (0.01, 1.2, FAILS)],
)
def test_few_blocks_at_half_the_cost(tuning, gap, speedup, verdict):
    rows = partial(tuning, gap, speedup)
    assert judges.few_blocks_at_half_the_cost({"fine_tuning": rows}).verdict == verdict


@pytest.mark.parametrize(("speedup", "verdict"), [(2.0, NOT_RUN), (1.2, FAILS)])
def test_an_accuracy_within_its_error_leaves_only_the_speed_to_fail(tuning, speedup, verdict):
    rows = partial(tuning, 0.01, speedup, n_test=100)
    assert judges.few_blocks_at_half_the_cost({"fine_tuning": rows}).verdict == verdict


def test_half_of_the_blocks_are_not_few(tuning):
    rows = [tuning(0.8, 2, seconds=1.0), tuning(0.8, "all"), tuning(0.3, 0, seconds=1.0)]
    assert judges.few_blocks_at_half_the_cost({"fine_tuning": rows}).verdict == NOT_RUN


def depths(tuning, accuracy, seconds=lambda e, d: 100.0 * d):
    return [
        tuning(accuracy(e, d), enc=e, dec=d, pretrain_seconds=seconds(e, d))
        for e in (2, 4)
        for d in (1, 2, 8)
    ]


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (lambda e, d: 0.8 + 0.01 * e + 0.0005 * d, HOLDS),
        (lambda e, d: 0.8 + 0.01 * e - 0.01 * d, HOLDS),
        (lambda e, d: 0.8 + 0.01 * e + 0.01 * d, FAILS),
    ],
)
def test_one_decoder_layer_costs_little(tuning, accuracy, verdict):
    found = judges.one_decoder_layer_costs_little({"fine_tuning": depths(tuning, accuracy)})
    assert found.verdict == verdict
    assert found.evidence["accuracy_best_one_layer"] == pytest.approx(accuracy(4, 1))
    assert found.evidence["settings"] == 1
    assert "Little: at most one point; the paper: 0.30 points." in found.conditions


def test_only_whole_fine_tuning_tells_about_decoders(tuning):
    rows = [tuning(0.8, "all", dec=2), tuning(0.8, 1, dec=1)]
    assert judges.one_decoder_layer_costs_little({"fine_tuning": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(
    ("accuracy", "seconds", "verdict"),
    [
        (lambda e, d: 0.8 + 0.001 * d, lambda e, d: 100.0 * d, HOLDS),
        (lambda e, d: 0.8 + 0.01 * d, lambda e, d: 100.0 * d, FAILS),
        (lambda e, d: 0.8 + 0.001 * d, lambda e, d: 100.0 + d, FAILS),
        (lambda e, d: 0.8 - 0.001 * d, lambda e, d: 100.0, FAILS),
    ],
)
def test_the_smallest_decoder_is_four_times_faster(tuning, accuracy, seconds, verdict):
    rows = depths(tuning, accuracy, seconds)
    assert judges.minimal_decoder_is_four_times_faster({"fine_tuning": rows}).verdict == verdict


def test_seeds_that_disagree_leave_the_gap_open(tuning):
    rows = partial(tuning, 0.01) + partial(tuning, 0.05, seed=1)
    found = judges.one_block_is_enough({"fine_tuning": rows})
    assert found.verdict == NOT_RUN
    rows += partial(tuning, -0.03, training="long") + partial(
        tuning, -0.03, training="long", seed=1
    )
    found = judges.one_block_is_enough({"fine_tuning": rows})
    assert found.verdict == CONDITIONAL
    assert found.evidence["settings_unresolved"] == 1
