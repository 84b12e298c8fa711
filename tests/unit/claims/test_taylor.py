"""The judge of the linear approximation on tables made so that the answer is known."""

from math import nan

import pytest

from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.taylor import valid_for_small_masks_only
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, NOT_RUN

STATEMENT = {"id": "taylor", "needs": "cpu"}


def taylor(error, masks=(0.05, 0.1, 0.5, 0.9), standard_error=0.0, **others):
    start = {"lemma": 4, "input_scale": 1.0, "measured": 1.0, "standard_error": standard_error}
    return [{**start, "mask_ratio": m, "predicted": 1 + error(m), **others} for m in masks]


@pytest.mark.parametrize(
    ("error", "verdict", "says"),
    [
        (lambda m: m**2, HOLDS, "up to 0.1 the predicted loss is off by 1.0%"),
        (lambda m: 0.0, FAILS, "from 0.5 the predicted loss is off by 0.0%"),
        (lambda m: 0.5, FAILS, "up to 0.1 the predicted loss is off by 50.0%"),
        (lambda m: -(m**2), HOLDS, "up to 0.1 the predicted loss is off by 1.0%"),
        (lambda m: 0.099 if m < 0.2 else 0.101, HOLDS, "off by 9.9%"),
        # At one small ratio off, at one large ratio right.
        (lambda m: 0.2 if m in (0.05, 0.9) else 0.0, FAILS, "up to 0.1"),
        (lambda m: 0.2 if m == 0.9 else 0.0, HOLDS, "up to 0.1"),
    ],
)
def test_valid_for_small_masks_only(error, verdict, says):
    found = valid_for_small_masks_only({"taylor": taylor(error)})
    assert found.verdict == verdict
    assert says in found.sentence
    assert found.scale == ""


@pytest.mark.parametrize(("standard_error", "verdict"), [(0.001, HOLDS), (0.2, INCONCLUSIVE)])
def test_drawn_masks_decide_only_beyond_their_noise(standard_error, verdict):
    rows = taylor(lambda m: 0.3 * m, standard_error=standard_error)
    assert valid_for_small_masks_only({"taylor": rows}).verdict == verdict


def test_noise_is_that_of_the_relative_error():
    """Of a large predicted loss the relative error is less certain than the measured loss."""
    certain = taylor(lambda m: 0.0 if m < 0.2 else 9.0, standard_error=0.03)
    assert valid_for_small_masks_only({"taylor": certain}).verdict == HOLDS
    rows = taylor(lambda m: 0.05 if m < 0.2 else 9.0, standard_error=0.03, measured=1.0)
    assert valid_for_small_masks_only({"taylor": rows}).verdict == INCONCLUSIVE


def test_input_scale_may_decide():
    rows = taylor(lambda m: m**2) + taylor(lambda m: 0.0, input_scale=0.01)
    found = valid_for_small_masks_only({"taylor": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("input scale 1: at mask ratios up to 0.1")
    assert "; input scale 0.01: at mask ratios from 0.5" in found.sentence


@pytest.mark.parametrize("masks", [(0.05,), (0.5, 0.9), (0.2, 0.9)])
def test_needs_small_and_large_masks(masks):
    rows = taylor(lambda m: m**2, masks)
    assert valid_for_small_masks_only({"taylor": rows}).verdict == NOT_RUN


@pytest.fixture
def trained(jacobian):
    """Rows of a trained network; `error` of Lemmas 4 and 5, `read` of Lemma 6."""

    def rows(error, read=lambda m: 0.5, lemmas=(4, 5, 6), **others):
        return [
            jacobian(None, measured=1.0, predicted=1 + (read if n == 6 else error)(m), lemma=n)
            | {"mask_ratio": m, "input_scale": 1.0, **others}
            for n in lemmas
            for m in (0.05, 0.1, 0.5, 0.9)
        ]

    return rows


@pytest.mark.parametrize(("error", "verdict"), [(lambda m: m**2, HOLDS), (lambda m: 0.5, FAILS)])
def test_trained_networks_are_enough(trained, error, verdict):
    found = valid_for_small_masks_only({"masked_loss": trained(error)})
    assert (found.verdict, found.evidence["settings"], found.n) == (verdict, 2, 64)
    assert found.scale == "4 epochs, width 48"
    assert found.conditions.startswith("At 4 epochs of 1000 images, width 48 (")
    text = "no linear functional: within 10% of what was measured: 0 of 2 with m at most 0.1"
    assert text in found.conditions


def test_lemma_6_alone_decides_nothing(trained):
    rows = trained(lambda m: m**2, lambda m: m**2, lemmas=(6,))
    assert valid_for_small_masks_only({"masked_loss": rows}).verdict == NOT_RUN


def test_toy_and_trained_networks_are_settings(trained):
    tables = {"taylor": taylor(lambda m: m**2), "masked_loss": trained(lambda m: 0.5)}
    found = valid_for_small_masks_only(tables)
    assert (found.verdict, found.evidence["settings"]) == (CONDITIONAL, 3)
    assert found.sentence.startswith("backbone toy: at mask ratios up to 0.1")
    assert "; backbone tiny: 50.0%" in found.sentence
    assert found.data == "leaves (n = 64; lossless)"


def test_runs_of_trained_networks_are_settings(trained):
    rows = trained(lambda m: m**2, patch=2) + trained(lambda m: 0.5, patch=8)
    found = valid_for_small_masks_only({"masked_loss": rows})
    assert (found.verdict, found.evidence["settings"]) == (CONDITIONAL, 4)
    assert found.sentence.startswith("patch size 2: ")


def test_seeds_of_trained_networks_are_averaged(trained):
    rows = trained(lambda m: m**2) + trained(lambda m: -(m**2), seed=1)
    found = valid_for_small_masks_only({"masked_loss": rows})
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 2)
    assert found.evidence["error_at_large_m_median"] == pytest.approx((0.25 + 0.81) / 2)


def test_diverged_networks_do_not_count(trained):
    rows = trained(lambda m: m**2, status="diverged")
    assert valid_for_small_masks_only({"masked_loss": rows}).verdict == NOT_RUN
    tables = {"taylor": taylor(lambda m: m**2), "masked_loss": rows}
    found = valid_for_small_masks_only(tables)
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 1)


def test_either_table_is_enough(trained):
    for tables in ({"taylor": taylor(lambda m: m**2)}, {"masked_loss": trained(lambda m: m**2)}):
        assert judge_statement(STATEMENT, tables).verdict == HOLDS
    found = judge_statement(STATEMENT, {})
    assert "no experiment of kind taylor or masked_loss: add one" in found.sentence


@pytest.mark.parametrize(
    "change",
    [
        {"predicted": nan},
        {"predicted": None},
        {"measured": 0.0},
        {"measured": None},
        {"standard_error": None},
    ],
)
def test_a_missing_number_is_inconclusive_with_its_reason(change):
    rows = taylor(lambda m: m**2)
    rows[0] |= change
    found = judge_statement(STATEMENT, {"taylor": rows})
    assert found.verdict == INCONCLUSIVE
    assert "is nan in 1 of " in found.sentence


def test_the_variance_over_masks_is_counted_apart(trained):
    rows = [
        {**row, "measured_variance": 1.0, "predicted_variance": 1.0 + row["mask_ratio"] / 2}
        for row in trained(lambda m: 0.0)
    ]
    conditions = valid_for_small_masks_only({"masked_loss": rows}).conditions
    assert "The variance over masks alone, in trained networks: within 10%" in conditions
    assert "4 of 4 with m at most 0.1, 0 of 4 with m at least 0.5" in conditions
