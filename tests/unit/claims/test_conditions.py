"""Trends, differences and verdicts over many settings."""

import pytest

from spatial_mae.claims.conditions import (
    TOLERANCE,
    decide,
    evaluate,
    exceeds,
    monotone,
    relative,
)
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN, Verdict


@pytest.mark.parametrize(
    ("larger", "smaller", "difference"), [(2, 1, 0.5), (1, 2, -0.5), (0, 0, 0), (1, 0, 1)]
)
def test_relative_difference(larger, smaller, difference):
    assert relative(larger, smaller) == difference


def test_a_difference_must_exceed_the_tolerance():
    assert not exceeds(1.0, 1 - 0.99 * TOLERANCE)[0]
    assert exceeds(1.0, 1 - 1.01 * TOLERANCE)[0]


@pytest.mark.parametrize(
    ("heights", "rises"),
    [
        ([1, 2, 3], True),
        ([1, 2, 1.99, 3], True),
        ([1, 2, 1.9, 3], False),
        ([1, 1.005], False),
        ([3, 2, 1], False),
    ],
)
def test_monotone(heights, rises):
    assert monotone(dict(enumerate(heights)))[0] == rises


def test_one_point_is_no_trend():
    assert monotone({0.5: 1.0}) is None


def outcomes_of(sizes, n_images=None):
    rows = [{"n_latents": k, "n_images": n_images, "size_": size} for k, size in sizes.items()]
    return evaluate(rows, lambda group: (group[0]["size_"] > 0, group[0]["size_"])), rows


@pytest.mark.parametrize(
    ("sizes", "verdict"),
    [({1: 1.0, 2: 1.0}, HOLDS), ({1: -1.0, 2: 1.0}, CONDITIONAL), ({1: -1.0, 2: -2.0}, FAILS)],
)
def test_verdict_counts_settings(sizes, verdict):
    outcomes, rows = outcomes_of(sizes)
    found = decide(outcomes, rows, needs="more", size="rise")
    assert found.verdict == verdict
    assert found.evidence["rise_smallest"] == min(sizes.values())
    assert found.evidence["rise_largest"] == max(sizes.values())
    assert found.evidence["settings"] == 2


def test_no_setting_is_not_run():
    found = decide([], [], needs="two mask ratios are needed", size="rise")
    assert (found.verdict, found.conditions) == (NOT_RUN, "two mask ratios are needed")


def noisy(first, second):
    """One setting at two numbers of images."""
    rows = [{"n_images": 100, "size_": second}, {"n_images": 200, "size_": first}]
    return evaluate(rows, lambda group: (group[0]["size_"] > 0, group[0]["size_"]))[0]


@pytest.mark.parametrize(
    ("first", "second", "holds"),
    [(0.3, 0.2, True), (0.1, 0.3, None), (-0.3, -0.2, False), (0.0, 0.0, False)],
)
def test_an_effect_must_exceed_its_estimation_noise(first, second, holds):
    outcome = noisy(first, second)
    assert outcome.holds is holds
    assert outcome.noise == pytest.approx(abs(first - second))


def test_an_unresolved_setting_makes_the_verdict_conditional():
    outcomes = [noisy(0.3, 0.2), noisy(0.1, 0.3)]
    found = decide(outcomes, [{"n_images": 200}], needs="", size="rise")
    assert found.verdict == CONDITIONAL
    assert "not resolved in 1" in found.conditions
    assert found.evidence["settings_unresolved"] == 1


def test_verdicts_refuse_other_words_and_infinite_numbers():
    with pytest.raises(ValueError, match="unknown verdict 'true'"):
        Verdict("true", "")
    with pytest.raises(ValueError, match="'gap' is nan"):
        Verdict(HOLDS, "", {"gap": float("nan")})
