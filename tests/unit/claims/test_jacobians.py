"""Judges of the spatial entropy on tables made so that the answer is known."""

from math import log, nan

import numpy as np
import pytest

from spatial_mae.claims.jacobians import (
    entropy_rises_with_patch_size,
    mask_ratio_matters_much_less,
)
from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, NOT_RUN

CONVENTION = {"measure": "entropy", "power": 1, "channels": "sum", "base": "e", "normalised": "no"}
SEEDS = (0, 1, 2)


@pytest.fixture
def table(jacobian):
    """Rows of entropy(patch, mask) on a grid of patch sizes, mask ratios and seeds, with noise.

    The noise is of the network: all conventions share it.
    """

    def value(entropy, p, m, seed, noise):
        rng = np.random.default_rng([p, round(100 * m), seed])
        return entropy(p, m) + noise * rng.standard_normal()

    def rows(
        entropy, patches=(2, 4, 8), masks=(0.25, 0.5, 0.75), seeds=SEEDS, noise=0.01, **others
    ):
        return [
            jacobian(
                value(entropy, p, m, s, noise), patch=p, mask=m, seed=s, **{**CONVENTION, **others}
            )
            for p in patches
            for m in masks
            for s in seeds
        ]

    return rows


def rising(patch, mask):
    return 4 + 0.2 * log(patch) + 0.01 * mask


def flat(patch, mask):
    return 4 + 0.01 * mask


@pytest.mark.parametrize(
    ("entropy", "verdict"),
    [
        (rising, HOLDS),
        (flat, FAILS),
        (lambda p, m: 5 - 0.2 * log(p), FAILS),
        (lambda p, m: {2: 4.0, 4: 5.0, 8: 4.5}[p], FAILS),  # a step down as large as the rise
        (lambda p, m: rising(p, m) if m > 0.5 else flat(p, m), CONDITIONAL),
    ],
)
def test_entropy_rises_with_patch_size(table, entropy, verdict):
    found = entropy_rises_with_patch_size({"jacobian": table(entropy)})
    assert (found.verdict, found.evidence["settings"], found.n) == (verdict, 3, 64)
    assert found.scale == "4 epochs, width 48"
    assert found.conditions.startswith("At 4 epochs of 1000 images, width 48 (")
    if verdict == CONDITIONAL:
        assert found.sentence.startswith("mask ratio 0.75: relative rise of entropy")


def test_one_patch_size_is_not_enough(table):
    rows = table(rising, patches=(4,))
    assert entropy_rises_with_patch_size({"jacobian": rows}).verdict == NOT_RUN


def test_controls_alone_are_not_enough(table):
    rows = table(rising, source="untrained") + table(rising, measure="spread")
    assert entropy_rises_with_patch_size({"jacobian": rows}).verdict == NOT_RUN


def test_one_seed_is_inconclusive(table):
    found = entropy_rises_with_patch_size({"jacobian": table(rising, seeds=(0,))})
    assert found.verdict == INCONCLUSIVE
    assert found.sentence.startswith("One seed in each of 3 settings")


def test_seeds_that_contradict_each_other_are_inconclusive(table):
    found = entropy_rises_with_patch_size({"jacobian": table(rising, noise=0.3)})
    assert found.verdict == INCONCLUSIVE


def test_a_rise_within_its_standard_error_is_inconclusive(table):
    rows = table(rising, standard_error=0.5)
    assert entropy_rises_with_patch_size({"jacobian": rows}).verdict == INCONCLUSIVE


def test_conventions_are_settings(table):
    rows = table(rising) + table(flat, power=2)
    found = entropy_rises_with_patch_size({"jacobian": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("power of abs(J) 1: relative rise")


def test_a_base_more_is_no_evidence_more(table):
    """Bits are nats in another unit: interval and p values stay where they are."""
    nats = table(rising, noise=0.1)
    bits = [{**row, "base": 2, "value": row["value"] / log(2)} for row in nats]
    alone, both = (entropy_rises_with_patch_size({"jacobian": r}) for r in (nats, nats + bits))
    assert (alone.evidence["settings"], both.evidence["settings"]) == (3, 6)
    for name in ("estimate", "low", "high", "p_affirm", "p_deny"):
        assert both.evidence[name] == pytest.approx(alone.evidence[name], abs=1e-3)


def test_controls_are_in_the_note(table):
    rows = table(rising) + table(rising, source="untrained") + table(flat, source="linear")
    found = entropy_rises_with_patch_size({"jacobian": rows})
    assert "Median rise of controls: untrained network 6." in found.conditions
    assert found.evidence["rise_untrained_median"] == pytest.approx(0.065, abs=0.01)
    assert found.evidence["rise_linear_median"] == pytest.approx(0, abs=0.01)
    without = entropy_rises_with_patch_size({"jacobian": table(rising)})
    assert "No untrained network in the tables" in without.conditions


def test_controls_may_be_copies_of_one_or_lack_numbers(table):
    """The linear MAE is the same for all seeds."""
    rows = table(rising) + table(flat, source="linear", noise=0)
    rows += table(lambda p, m: nan, source="uniform")
    assert entropy_rises_with_patch_size({"jacobian": rows}).verdict == HOLDS


def test_diverged_runs_do_not_count(table):
    rows = table(rising) + table(flat, enc=8, status="diverged")
    found = entropy_rises_with_patch_size({"jacobian": rows})
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 3)
    assert "Left out: 27 rows" in found.conditions


@pytest.mark.parametrize("identity", ["entropy.patch", "entropy.mask"])
@pytest.mark.parametrize("value", [nan, None, float("inf")])
def test_a_missing_number_is_inconclusive_with_its_reason(table, identity, value):
    rows = table(rising)
    rows[0]["value"] = value
    found = judge_statement({"id": identity, "needs": "train"}, {"jacobian": rows})
    assert found.verdict == INCONCLUSIVE
    assert f"{value} in 1 of 27 rows" in found.sentence


@pytest.mark.parametrize(
    ("entropy", "verdict"),
    [
        (lambda p, m: 4 + 0.1 * p + 0.1 * m, HOLDS),
        (lambda p, m: 4 + 0.1 * p - 0.1 * m, HOLDS),
        (lambda p, m: 4 + 0.1 * p + m, FAILS),
        (lambda p, m: 4 + 0.1 * p + 0.4 * m, HOLDS),
        (lambda p, m: 4 + 0.1 * p + 0.8 * m, FAILS),
        (lambda p, m: 4 + 0.1 * p + 0.6 * m, INCONCLUSIVE),  # just half
        (lambda p, m: 4 + 0.1 * p + (m == 0.5), FAILS),
        (lambda p, m: 4 + 0.005 * p, FAILS),  # half of too small a change
        (lambda p, m: 4.0, FAILS),
    ],
)
def test_mask_ratio_matters_much_less(table, entropy, verdict):
    found = mask_ratio_matters_much_less({"jacobian": table(entropy)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    assert "patch sizes 2, 4, 8, mask ratios 0.25, 0.5, 0.75." in found.conditions
    assert "at most 0.5 of the change" in found.conditions


def test_too_small_a_change_over_patch_sizes_is_said(table):
    found = mask_ratio_matters_much_less({"jacobian": table(lambda p, m: 4 + 0.005 * p)})
    assert "change of reach over patch sizes 0." in found.sentence
    assert "less than the 2.0% that matter" in found.sentence


def test_noise_alone_is_no_influence(table):
    """Noise has a range along either axis: it must neither hold nor be called an influence."""
    found = mask_ratio_matters_much_less({"jacobian": table(lambda p, m: 4.0, noise=0.5)})
    assert found.verdict == INCONCLUSIVE


def test_the_number_of_visible_pixels_counts_unless_divided_by(table):
    """The entropy of uniform weights grows with the visible pixels, and with nothing else."""
    entropies = {
        "no": lambda p, m: log(256 * (1 - m)) - 0.6 / p,
        "all": lambda p, m: (log(256 * (1 - m)) - 0.6 / p) / log(256),
        "visible": lambda p, m: 1 - 0.6 / p,
    }
    rows = [
        r for name, f in entropies.items() for r in table(f, normalised=name, base=None, noise=1e-3)
    ]
    found = mask_ratio_matters_much_less({"jacobian": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("measure entropy (normalisation visible): half")
    assert "; measure entropy (normalisation all), entropy (normalisation no): -" in found.sentence
    assert found.evidence["mask_over_patch_change_visible_median"] < 0.02
    assert found.evidence["mask_over_patch_change_no_median"] > 1


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [
        (lambda p, m: 8 + 0.3 * p + 0.1 * m, HOLDS),
        (lambda p, m: 8 + 0.1 * p + 4 * m, CONDITIONAL),
        (lambda p, m: 8.0, CONDITIONAL),  # no change over patch sizes
    ],
)
def test_mean_distance_is_a_reading_of_its_own(table, distance, verdict):
    """The entropy of the same networks hardly changes with the mask ratio."""
    spread = {"measure": "spread", "base": None, "normalised": None}
    rows = table(lambda p, m: 4 + 0.1 * p + 0.1 * m) + table(distance, **spread)
    found = mask_ratio_matters_much_less({"jacobian": rows})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)
    assert "mask_over_patch_change_spread_median" in found.evidence or distance(2, 0) == 8
    assert "the mean distance of the inputs in pixels" in found.conditions
    if verdict == CONDITIONAL:
        assert found.sentence.startswith("measure entropy (normalisation no): half the change of")
        assert "; measure spread: " in found.sentence


def test_readings_are_told_apart_with_the_power(table):
    """One normalisation of the entropy has it at one power, the distance at none."""
    weak, strong = (lambda p, m: 4 + 0.1 * p + 0.1 * m), (lambda p, m: 4 + 0.1 * p + m)
    kinds = [("entropy", "no"), ("entropy", "visible"), ("spread", None)]
    rows = []
    for power in (1, 2):
        for measure, name in kinds:
            entropy = weak if (power, name) == (2, "no") else strong
            rows += table(entropy, power=power, measure=measure, normalised=name)
    found = mask_ratio_matters_much_less({"jacobian": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("measure entropy (normalisation no) with power of abs(J) 2: ")


def test_mean_distance_alone_can_fail(table):
    rows = table(lambda p, m: 8 + 0.1 * p + 4 * m, measure="spread")
    assert mask_ratio_matters_much_less({"jacobian": rows}).verdict == FAILS


@pytest.mark.parametrize("change", [{"patches": (4,)}, {"masks": (0.5,)}])
def test_mask_ratios_need_a_grid(table, change):
    rows = table(rising, **change)
    found = mask_ratio_matters_much_less({"jacobian": rows})
    assert found.verdict == NOT_RUN
    assert "at the same two mask ratios" in found.sentence


def test_only_the_full_grid_is_compared(table):
    """An extreme mask ratio of one patch size would make the change over ratios the larger."""
    whole = table(lambda p, m: 4 + 0.1 * p + 0.1 * m)
    rows = whole + table(lambda p, m: 40.0, patches=(2,), masks=(0.9,))
    found = mask_ratio_matters_much_less({"jacobian": rows})
    assert found.verdict == HOLDS
    assert found.evidence == mask_ratio_matters_much_less({"jacobian": whole}).evidence


def test_one_seed_or_noisy_seeds_are_inconclusive(table):
    for rows in (table(rising, seeds=(0,)), table(rising, noise=1.0)):
        assert mask_ratio_matters_much_less({"jacobian": rows}).verdict == INCONCLUSIVE
    rows = table(rising, standard_error=0.5)
    assert mask_ratio_matters_much_less({"jacobian": rows}).verdict == INCONCLUSIVE
