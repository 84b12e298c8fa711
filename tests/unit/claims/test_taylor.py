"""The judge of the linear approximation on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.taylor import valid_for_small_masks_only
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN


def taylor(error, masks=(0.05, 0.1, 0.5, 0.9), standard_error=0.0, **others):
    start = {"lemma": 4, "input_scale": 1.0, "measured": 1.0, "standard_error": standard_error}
    return [{**start, "mask_ratio": m, "predicted": 1 + error(m), **others} for m in masks]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (lambda m: m**2, HOLDS),
        (lambda m: 0.0, FAILS),
        (lambda m: 0.5, FAILS),
        (lambda m: -(m**2), HOLDS),
        (lambda m: 0.099 if m < 0.2 else 0.101, HOLDS),
    ],
)
def test_valid_for_small_masks_only(error, verdict):
    assert valid_for_small_masks_only({"taylor": taylor(error)}).verdict == verdict


def test_errors_within_two_standard_errors_do_not_count():
    rows = taylor(lambda m: 0.3 * m, standard_error=0.2)
    assert valid_for_small_masks_only({"taylor": rows}).verdict == FAILS


def test_input_scale_may_decide():
    rows = taylor(lambda m: m**2) + taylor(lambda m: 0.0, input_scale=0.01)
    found = valid_for_small_masks_only({"taylor": rows})
    assert found.verdict == CONDITIONAL
    assert "by input scale: always for 1, never for 0.01" in found.conditions
    assert found.evidence["lemma_4_small_m_valid"] == 4


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
    assert found.conditions.startswith("At 4 epochs of 1000 images, width 48 (")
    text = "no linear functional: within 10% of what was measured: 0 of 2 with m at most 0.1"
    assert text in found.conditions
    assert found.evidence["trained_lemma_6_small_m_valid"] == 0
    assert "lemma_4_small_m_valid" not in found.evidence


def test_lemma_6_alone_decides_nothing(trained):
    rows = trained(lambda m: m**2, lambda m: m**2, lemmas=(6,))
    assert valid_for_small_masks_only({"masked_loss": rows}).verdict == NOT_RUN


def test_toy_and_trained_networks_count_together(trained):
    tables = {"taylor": taylor(lambda m: m**2), "masked_loss": trained(lambda m: 0.5)}
    found = valid_for_small_masks_only(tables)
    assert (found.verdict, found.evidence["settings"]) == (CONDITIONAL, 3)
    assert "toy network in 1 of 1, for trained networks in 0 of 2." in found.conditions
    assert found.evidence["trained_settings_holding"] == 0
    assert found.evidence["lemma_4_small_m_valid"] == 2
    assert found.data == "leaves (n = 64; lossless)"


def test_runs_of_trained_networks_are_settings(trained):
    rows = trained(lambda m: m**2, patch=2) + trained(lambda m: 0.5, patch=8)
    found = valid_for_small_masks_only({"masked_loss": rows})
    assert (found.verdict, found.evidence["settings"]) == (CONDITIONAL, 4)
    assert "by patch size: always for 2, never for 8" in found.conditions


def test_seeds_of_trained_networks(trained):
    alike = trained(lambda m: m**2) + trained(lambda m: 1.1 * m**2, seed=1)
    found = valid_for_small_masks_only({"masked_loss": alike})
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 2)
    assert "Spread between seeds known in 2 of 2." in found.conditions
    apart = trained(lambda m: 0.2 * m) + trained(lambda m: 2 * m, seed=1)
    assert valid_for_small_masks_only({"masked_loss": apart}).verdict == FAILS


def test_diverged_networks_do_not_count(trained):
    rows = trained(lambda m: m**2, status="diverged")
    assert valid_for_small_masks_only({"masked_loss": rows}).verdict == NOT_RUN
    tables = {"taylor": taylor(lambda m: m**2), "masked_loss": rows}
    found = valid_for_small_masks_only(tables)
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 1)


def test_either_table_is_enough(trained):
    for tables in ({"taylor": taylor(lambda m: m**2)}, {"masked_loss": trained(lambda m: m**2)}):
        (found,) = [claim for claim in judge_all(tables) if claim["id"] == "taylor"]
        assert found["verdict"] == HOLDS
    (found,) = [claim for claim in judge_all({}) if claim["id"] == "taylor"]
    assert "no experiment of kind taylor or masked_loss: add one" in found["conditions"]


def test_the_variance_over_masks_is_counted_apart(trained):
    rows = [
        {**row, "measured_variance": 1.0, "predicted_variance": 1.0 + row["mask_ratio"] / 2}
        for row in trained(lambda m: 0.0)
    ]
    conditions = valid_for_small_masks_only({"masked_loss": rows}).conditions
    assert "The variance over masks alone, in trained networks: within 10%" in conditions
    assert "4 of 4 with m at most 0.1, 0 of 4 with m at least 0.5" in conditions
