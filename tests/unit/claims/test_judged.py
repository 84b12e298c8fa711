"""From rows to a verdict: what was not run, what nothing decides, and what the details say."""

from dataclasses import replace

import pytest

from spatial_mae.claims.engine import Combined, Contrast, Evidence
from spatial_mae.claims.judged import fitting, judged
from spatial_mae.claims.noise import finite
from spatial_mae.claims.shapes import Above, named
from spatial_mae.claims.verdict import (
    CONDITIONAL,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    TOO_SMALL,
    Undecidable,
)
from spatial_mae.tables.runs import completed

MORE = Contrast(Above(named(0.75), named(0.5)), ("mask",), "gain", least=0.01, why="a point")
LESS = replace(MORE, shape=Above(named(0.5), named(0.75)), says="loss")


@pytest.fixture
def two(probe, repeated):
    """Two mask ratios, the second better by `gain`."""

    def rows(gain=0.05, seeds=3, **others):
        made = [probe(0.5, mask=0.5, **others), probe(0.5 + gain, mask=0.75, **others)]
        return completed(repeated(made, seeds=seeds))

    return rows


def test_nothing_to_judge_was_not_run_or_is_too_small(two):
    found = judged([], MORE, "two ratios are needed")
    assert (found.verdict, found.sentence) == (NOT_RUN, "two ratios are needed")
    found = judged([], MORE, "two ratios are needed", gate="networks beat chance in 0 of 1")
    assert (found.verdict, found.sentence) == (
        TOO_SMALL,
        "Too small: networks beat chance in 0 of 1.",
    )
    found = judged(two()[:1], MORE, "two ratios are needed")
    assert (found.verdict, found.sentence) == (NOT_RUN, "two ratios are needed")


def test_a_verdict_has_its_numbers_and_details(two):
    found = judged(
        two() + two(enc=2),
        MORE,
        "",
        scale=lambda rows: f"Of {len(rows)} rows",
        short=lambda rows: "4 epochs",
        gate="one was left out",
        evidence={"more": 1.0},
        note="A note.",
    )
    assert (found.verdict, found.n, found.scale) == (HOLDS, 1000, "4 epochs")
    assert found.conditions.startswith(
        "Of 12 rows. Smallest effect that matters: 1.0 points (a point). "
        "Repeats (seed) in a setting: 3. Settings: dataset leaves;"
    )
    assert "encoder depth 2, 4;" in found.conditions
    assert found.conditions.endswith("Gate: one was left out. A note.")
    assert found.evidence["settings"] == 2
    assert found.evidence["more"] == 1.0


def test_one_seed_leaves_the_noise_unknown(two):
    found = judged(two(seeds=1), MORE, "", short=lambda rows: "4 epochs")
    assert (found.verdict, found.scale, found.evidence) == (INCONCLUSIVE, "4 epochs", {})
    assert found.sentence.startswith("One seed in the one setting: the noise")


def test_two_claims_whose_noise_is_known_in_different_settings_decide_nothing(two):
    """Of either claim one setting has several seeds; no setting has them for both."""
    first = [*two(metric="a"), *two(seeds=1, metric="b")]
    second = [*two(seeds=1, metric="a"), *two(metric="b")]
    both = Combined([Evidence(first, MORE), Evidence(second, MORE)])
    assert not both.blind
    found = judged([*first, *second], both, "")
    assert found.verdict == INCONCLUSIVE
    assert "in each of 2 settings" in found.sentence


def test_settings_that_all_deny_fail_though_their_mean_is_zero(two):
    """Neither more nor less is the same: what is denied in both directions is denied."""
    rows = two(0.05) + two(-0.05, enc=2)
    near = replace(MORE, shape=Above(named(0.75), named(0.5), margin=0.01), least=0)
    back = replace(LESS, shape=Above(named(0.5), named(0.75), margin=0.01), least=0)
    found = judged(rows, Combined([Evidence(rows, near), Evidence(rows, back)]), "")
    assert found.verdict == FAILS
    assert found.evidence["settings_denied"] == 2


def test_what_is_measured_names_a_condition_before_how_it_was_made(two):
    rows = two(0.05, epochs=4) + two(-0.05, epochs=8, metric="other")
    found = judged(rows, MORE, "")
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("metric accuracy: gain ")


def test_settings_without_the_design_are_not_fitting(two):
    rows = two()
    alone = two(enc=2)[:1]
    assert fitting([*rows, *alone], MORE) == rows
    assert fitting([], MORE) == []


@pytest.mark.parametrize("bad", [float("nan"), float("-inf"), None])
def test_a_column_with_a_number_that_is_none(bad):
    finite([{"value": 1.0}, {"value": 2}], "value")
    with pytest.raises(Undecidable, match=rf"value is {bad} in 1 of 2 rows"):
        finite([{"value": 1.0}, {"value": bad}], "value")
    with pytest.raises(Undecidable, match="gap is None in 1 of 1 rows"):
        finite([{}], "gap")
