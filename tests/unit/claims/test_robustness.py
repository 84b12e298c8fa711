"""The judge of robustness on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.robustness import (
    middle_ratios_are_robust,
    middle_ratios_go_by_shape,
    probes_peak_at_the_sweet_ratio,
    the_published_cue_conflict_set,
)
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN

SETS = [("own", None, None), ("hazy", None, None)]
SETS += [("cifar10_c", "fog", severity) for severity in (1, 2)]


@pytest.fixture
def table(probe):
    """Accuracies `value(m, set)` on shifted images; on the own ones the middle is worst."""

    def rows(value, masks=(0.1, 0.5, 0.9), error=0.0):
        found = []
        for m in masks:
            for name, corruption, severity in SETS:
                score = abs(m - 0.5) if name == "own" else value(m, name) - 0.05 * (severity or 0)
                row = {"protocol": "robustness", "shifted": name, "corruption": corruption}
                row |= {"severity": severity, "mask": m, "standard_error": error}
                found.append(probe(score, **row, pretrain_n_train=1000))
        return {"robustness": found}

    return rows


def peak(m, name):
    return 0.6 - abs(m - 0.5) / 2


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (peak, HOLDS),
        (lambda m, name: 0.3 + m / 2, FAILS),
        (lambda m, name: peak(m, name) if name == "hazy" else 0.3 + m / 2, CONDITIONAL),
    ],
)
def test_a_middle_ratio_is_best_on_each_shifted_set(table, value, verdict):
    found = middle_ratios_are_robust(table(value))
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)
    assert "Shifted sets: hazy, cifar10_c fog" in found.conditions


def test_a_run_of_two_experiments_counts_once(table):
    tables = table(peak)
    doubled = {"robustness": [*tables["robustness"], *tables["robustness"]]}
    assert middle_ratios_are_robust(doubled) == middle_ratios_are_robust(tables)


def test_a_gain_within_the_error_of_the_images_is_not_resolved(table):
    assert middle_ratios_are_robust(table(peak, error=0.5)).verdict == NOT_RUN


def test_two_ratios_have_no_middle(table):
    assert middle_ratios_are_robust(table(peak, masks=(0.1, 0.5))).verdict == NOT_RUN


@pytest.fixture
def biases(probe):
    def rows(values, error=0.0):
        cue = {"protocol": "robustness", "shifted": "cue_conflict", "standard_error": error}
        cue |= {"pretrain_n_train": 1000}
        found = [probe(v, mask=m, metric="shape_bias", **cue) for m, v in values.items()]
        return {"robustness": found}

    return rows


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({0.1: 0.1352, 0.25: 0.2545, 0.5: 0.2458, 0.75: 0.2563, 0.9: 0.2014}, HOLDS),
        ({0.1: 0.1352, 0.25: 0.19, 0.5: 0.2458, 0.75: 0.2563, 0.9: 0.2014}, FAILS),
        ({0.1: 0.2, 0.5: 0.3}, NOT_RUN),
        ({0.1: 0.2, 0.5: None, 0.9: 0.2}, NOT_RUN),
    ],
)
def test_all_middle_ratios_go_by_shape(biases, values, verdict):
    assert middle_ratios_go_by_shape(biases(values)).verdict == verdict


def test_a_bias_within_the_error_of_the_images_is_not_resolved(biases):
    found = middle_ratios_go_by_shape(biases({0.1: 0.2, 0.5: 0.25, 0.9: 0.2}, error=0.1))
    assert found.verdict == NOT_RUN


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({0.1: 0.4745, 0.25: 0.5358, 0.5: 0.6007, 0.75: 0.6741, 0.9: 0.6297}, HOLDS),
        ({0.1: 0.4745, 0.25: 0.5358, 0.5: 0.6007, 0.75: 0.6741, 0.9: 0.69}, FAILS),
        ({0.1: 0.4745, 0.25: 0.44, 0.5: 0.6007, 0.75: 0.6741, 0.9: 0.6297}, FAILS),
        ({0.1: 0.4, 0.75: 0.5}, NOT_RUN),
        ({0.75: 0.5, 0.9: 0.4}, NOT_RUN),
    ],
)
def test_the_probe_rises_up_to_the_sweet_ratio_and_falls_beyond(probe, values, verdict):
    rows = [probe(value, mask=m, pretrain_n_train=1000) for m, value in values.items()]
    assert probes_peak_at_the_sweet_ratio({"evaluation": rows}).verdict == verdict


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [((1280, 80), HOLDS), ((1280, 0), FAILS), ((1200, 80), FAILS), ((None, None), NOT_RUN)],
)
def test_the_published_set_is_told_by_its_counts(probe, counts, verdict):
    row = probe(0.2, shifted="cue_conflict", n_files=counts[0], n_same=counts[1])
    assert the_published_cue_conflict_set({"robustness": [row]}).verdict == verdict
