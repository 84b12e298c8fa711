"""Judges of fine-tuning on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import tuning as judges
from spatial_mae.claims.verdict import (
    CONDITIONAL,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    TOO_SMALL,
    Undecidable,
)

ALL_JUDGES = (
    judges.one_block_is_enough,
    judges.one_block_is_faster,
    judges.few_blocks_at_half_the_cost,
    judges.one_decoder_layer_costs_little,
    judges.minimal_decoder_is_four_times_faster,
)


@pytest.fixture
def timed(repeated):
    """Rows of several seeds, accuracies and times with a little noise."""

    def rows(made, seeds=3, noise=0.002):
        found = repeated(made, "accuracy", seeds, noise)
        for column in ("seconds", "pretrain_seconds"):
            again = repeated(made, column, seeds, 0.01 * noise, start=1)
            found = [{**a, column: b[column]} for a, b in zip(found, again, strict=True)]
        return found

    return rows


@pytest.fixture
def partial(tuning, timed):
    """Head, one block, all blocks: accuracy 0.8 less the gap at one, time over the speed-up."""

    def rows(gap=0.01, speedup=2.0, head=0.3, seeds=3, noise=0.002, **others):
        made = [
            tuning(head, 0, **{"seconds": 4.0, **others}),
            tuning(0.8 - gap, 1, **{"seconds": 10 / speedup, **others}),
            tuning(0.8, "all", **{"seconds": 10.0, **others}),
        ]
        return timed(made, seeds, noise)

    return rows


@pytest.mark.parametrize(("gap", "verdict"), [(0.01, HOLDS), (-0.05, HOLDS), (0.03, FAILS)])
def test_one_block_is_enough(partial, gap, verdict):
    found = judges.one_block_is_enough({"fine_tuning": partial(gap)})
    assert found.verdict == verdict
    assert found.evidence["estimate"] == pytest.approx(0.02 - gap, abs=0.004)
    assert found.evidence["accuracy_head"] == pytest.approx(0.3, abs=0.004)
    assert found.conditions.startswith("At 4 epochs of 1000 images, then 2 of fine-tuning on 800")
    assert "Margin: 2.0 points (the paper's two points)." in found.conditions
    assert found.scale == "4 + 2 epochs, width 48"


def test_the_sentence_names_the_accuracy_lost(partial):
    found = judges.one_block_is_enough({"fine_tuning": partial(0.03, noise=0.0001)})
    assert found.sentence.startswith(
        "One setting: accuracy lost by tuning the last block only 3.0 points (95% interval 2.9 to"
    )


def test_one_block_says_little_where_the_head_is_as_good(partial):
    found = judges.one_block_is_enough({"fine_tuning": partial(head=0.79)})
    assert "The head alone comes within two points too" in found.conditions
    found = judges.one_block_is_enough({"fine_tuning": partial()})
    assert "The head alone" not in found.conditions


@pytest.mark.parametrize("bad", [float("nan"), None])
def test_a_head_without_an_accuracy_is_not_in_the_statement(partial, bad):
    rows = [{**r, "accuracy": bad} if r["blocks"] == 0 else r for r in partial()]
    found = judges.one_block_is_enough({"fine_tuning": rows})
    assert found.verdict == HOLDS
    assert "accuracy_head" not in found.evidence


@pytest.mark.parametrize("judge", ALL_JUDGES[:3])
@pytest.mark.parametrize("bad", [float("nan"), None])
def test_an_accuracy_that_is_none_decides_nothing(partial, judge, bad):
    rows = [{**r, "accuracy": bad, "seconds": bad or 1.0} for r in partial()]
    if judge is judges.one_block_is_faster:
        rows = [{**row, "seconds": float("nan")} for row in rows]
    with pytest.raises(Undecidable, match="value is nan in"):
        judge({"fine_tuning": rows})


def test_one_block_of_one_shows_nothing(tuning):
    rows = [tuning(0.5, 1, enc=1), tuning(0.5, "all", enc=1)]
    assert judges.one_block_is_enough({"fine_tuning": rows}).verdict == NOT_RUN


@pytest.mark.parametrize("judge", ALL_JUDGES)
def test_a_row_alone_and_runs_that_diverged_are_no_comparison(partial, judge):
    rows = partial()
    for table in (rows[-1:], [{**row, "status": "diverged"} for row in rows]):
        assert judge({"fine_tuning": table}).verdict == NOT_RUN


@pytest.mark.parametrize("judge", [ALL_JUDGES[0], ALL_JUDGES[2]])
def test_networks_at_chance_are_too_small(partial, judge):
    rows = [{**row, "accuracy": row["accuracy"] - 0.69} for row in partial()]  # 11%
    found = judge({"fine_tuning": rows})
    assert found.verdict == TOO_SMALL
    assert "0 of 1 settings" in found.sentence


@pytest.mark.parametrize(("speedup", "verdict"), [(1.9, HOLDS), (1.6, HOLDS), (1.3, FAILS)])
def test_one_block_is_faster(partial, speedup, verdict):
    found = judges.one_block_is_faster({"fine_tuning": partial(speedup=speedup)})
    assert found.verdict == verdict
    assert f"time of tuning all blocks over few {speedup:.2f} times" in found.sentence
    assert "Margin: 1.50 times (1.5 rounds to the paper's 2)." in found.conditions


@pytest.mark.parametrize("judge", [ALL_JUDGES[1], ALL_JUDGES[2]])
def test_times_of_two_devices_are_not_compared(partial, judge):
    rows = [{**r, "device": "gpu"} if r["blocks"] == 1 else r for r in partial()]
    assert judge({"fine_tuning": rows}).verdict == NOT_RUN
    assert judges.one_block_is_enough({"fine_tuning": rows}).verdict == HOLDS


@pytest.mark.parametrize(
    ("gap", "speedup", "verdict"),
    [(0.01, 2.0, HOLDS), (0.03, 2.0, FAILS), (0.01, 1.2, FAILS), (0.03, 1.2, FAILS)],
)
def test_few_blocks_at_half_the_cost(partial, gap, speedup, verdict):
    rows = partial(gap, speedup)
    assert judges.few_blocks_at_half_the_cost({"fine_tuning": rows}).verdict == verdict


@pytest.mark.parametrize(("speedup", "verdict"), [(2.0, INCONCLUSIVE), (1.2, FAILS)])
def test_an_accuracy_within_its_error_leaves_only_the_speed_to_fail(partial, speedup, verdict):
    rows = partial(0.01, speedup, n_test=100)
    assert judges.few_blocks_at_half_the_cost({"fine_tuning": rows}).verdict == verdict


def test_few_blocks_without_times_are_half_a_statement(partial):
    rows = [{**row, "seconds": None} for row in partial()]
    assert judges.few_blocks_at_half_the_cost({"fine_tuning": rows}).verdict == NOT_RUN


def test_half_of_the_blocks_are_not_few(tuning):
    rows = [tuning(0.8, 2, seconds=1.0), tuning(0.8, "all"), tuning(0.3, 0, seconds=1.0)]
    assert judges.few_blocks_at_half_the_cost({"fine_tuning": rows}).verdict == NOT_RUN


@pytest.fixture
def depths(tuning, timed):
    def rows(accuracy, seconds=lambda e, d: 100.0 * d, decoders=(1, 2, 8), **others):
        made = [
            tuning(accuracy(e, d), enc=e, dec=d, pretrain_seconds=seconds(e, d), **others)
            for e in (2, 4)
            for d in decoders
        ]
        return timed(made)

    return rows


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (lambda e, d: 0.8 + 0.01 * e + 0.0005 * d, HOLDS),
        (lambda e, d: 0.8 + 0.01 * e - 0.01 * d, HOLDS),
        (lambda e, d: 0.8 + 0.01 * e + 0.01 * d, FAILS),
        (lambda e, d: 0.1 + 0.01 * (d == 8), TOO_SMALL),
    ],
)
def test_one_decoder_layer_costs_little(depths, accuracy, verdict):
    found = judges.one_decoder_layer_costs_little({"fine_tuning": depths(accuracy)})
    assert found.verdict == verdict
    if verdict != TOO_SMALL:
        assert found.evidence["settings"] == 1
        assert "Margin: 1.0 points (one point; the paper: 0.30 points)." in found.conditions


def test_the_papers_gap_of_0_3_points_is_within_the_error_of_few_test_images(depths):
    rows = depths(lambda e, d: 0.95 + 0.003 * (d > 1), n_test=1000)
    assert judges.one_decoder_layer_costs_little({"fine_tuning": rows}).verdict == INCONCLUSIVE


def test_only_whole_fine_tuning_speaks_of_decoders(tuning):
    rows = [tuning(0.8, "all", dec=2), tuning(0.8, 1, dec=1)]
    assert judges.one_decoder_layer_costs_little({"fine_tuning": rows}).verdict == NOT_RUN
    assert judges.minimal_decoder_is_four_times_faster({"fine_tuning": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(
    ("accuracy", "seconds", "verdict"),
    [
        (lambda e, d: 0.8 + 0.001 * d, lambda e, d: 100.0 * d, HOLDS),
        (lambda e, d: 0.8 + 0.03 * (d == 8), lambda e, d: 100.0 * d, FAILS),
        (lambda e, d: 0.8 + 0.001 * d, lambda e, d: 100.0 + d, FAILS),
        (lambda e, d: 0.8 - 0.001 * d, lambda e, d: 100.0, FAILS),
        # The smallest decoder is the best: it is four times as fast as the best of the others.
        (lambda e, d: 0.8 + 0.03 * (d == 1) + 0.02 * (d == 8), lambda e, d: 100.0 * d, HOLDS),
    ],
)
def test_the_smallest_decoder_is_four_times_faster(depths, accuracy, seconds, verdict):
    rows = depths(accuracy, seconds)
    assert judges.minimal_decoder_is_four_times_faster({"fine_tuning": rows}).verdict == verdict


def test_decoders_of_one_size_are_no_comparison(depths):
    rows = depths(lambda e, d: 0.8, decoders=(1,))
    assert judges.minimal_decoder_is_four_times_faster({"fine_tuning": rows}).verdict == NOT_RUN
    assert judges.one_decoder_layer_costs_little({"fine_tuning": rows}).verdict == NOT_RUN


def test_seeds_that_disagree_leave_the_gap_open(partial):
    rows = partial(0.01, seeds=1) + [{**r, "seed": 1} for r in partial(0.05, seeds=1)]
    found = judges.one_block_is_enough({"fine_tuning": rows})
    assert found.verdict == INCONCLUSIVE
    assert "more and less than 2.0 points are both possible" in found.sentence


def test_a_recipe_may_be_the_condition(partial):
    rows = partial(-0.03) + partial(0.05, training="long")
    found = judges.one_block_is_enough({"fine_tuning": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith(
        "training short: accuracy lost by tuning the last block only -"
    )
