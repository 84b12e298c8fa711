"""The judges of probes by mask ratio on tables made so that the answer is known."""

from dataclasses import replace

import pytest

from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.robustness import (
    middle_ratios_are_robust,
    middle_ratios_go_by_shape,
    probes_peak_at_the_sweet_ratio,
    the_published_cue_conflict_set,
)
from spatial_mae.claims.verdict import (
    CONDITIONAL,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    SETTING,
    TOO_SMALL,
)

SETS = [("own", None, None), ("hazy", None, None)]
SETS += [("cifar10_c", "fog", severity) for severity in (1, 2)]
COMMON = {"protocol": "robustness", "pretrain_n_train": 1000}


@pytest.fixture
def table(probe, repeated):
    """Accuracies `value(m, set)` on shifted images; on the own ones the middle is worst."""

    def rows(value, masks=(0.1, 0.5, 0.9), error=0.0, own=0.4, seeds=3):
        found = []
        for m in masks:
            for name, corruption, severity in SETS:
                score = own + abs(m - 0.5) / 2
                if name != "own":
                    score = value(m, name) - 0.05 * (severity or 0)
                row = {"shifted": name, "corruption": corruption, "severity": severity}
                row |= {"mask": m, "standard_error": error}
                found.append(probe(score, **row, **COMMON))
        return {"robustness": repeated(found, seeds=seeds)}

    return rows


def peak(m, name):
    return 0.6 - abs(m - 0.5) / 2


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (peak, HOLDS),
        (lambda m, name: 0.3 + m / 2, FAILS),
        (lambda m, name: 0.4 + peak(m, name) / 200, FAILS),
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
    found = middle_ratios_are_robust(doubled)
    assert found == replace(middle_ratios_are_robust(tables), conditions=found.conditions)


def test_a_gain_within_the_error_of_the_images_is_inconclusive(table):
    assert middle_ratios_are_robust(table(peak, error=0.1)).verdict == INCONCLUSIVE


def test_one_seed_is_run_and_inconclusive(table):
    assert middle_ratios_are_robust(table(peak, seeds=1)).verdict == INCONCLUSIVE


def test_probes_at_chance_on_their_own_images_say_nothing(table):
    found = middle_ratios_are_robust(table(peak, own=-0.15))
    assert found.verdict == TOO_SMALL
    assert "beat chance" in found.sentence


@pytest.mark.parametrize("masks", [(0.1, 0.5), (0.25, 0.5, 0.75), (0.1, 0.9)])
def test_both_extremes_and_a_middle_must_have_been_trained(table, masks):
    assert middle_ratios_are_robust(table(peak, masks=masks)).verdict == NOT_RUN


@pytest.fixture
def biases(probe, repeated):
    def rows(values, error=0.0):
        cue = COMMON | {"shifted": "cue_conflict", "metric": "shape_bias", "standard_error": error}
        found = [probe(v, mask=m, **cue) for m, v in values.items()]
        found += [probe(0.5, mask=m, shifted="own", **COMMON) for m in values]
        return {"robustness": repeated(found)}

    return rows


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({0.1: 0.1352, 0.25: 0.2545, 0.5: 0.2458, 0.75: 0.2563, 0.9: 0.2014}, HOLDS),
        ({0.1: 0.1352, 0.25: 0.19, 0.5: 0.2458, 0.75: 0.2563, 0.9: 0.2014}, FAILS),
        ({0.1: 0.2, 0.5: 0.3}, NOT_RUN),
        ({0.1: 0.2, 0.5: float("nan"), 0.9: 0.2}, INCONCLUSIVE),
    ],
)
def test_all_middle_ratios_go_by_shape(biases, values, verdict):
    found = judge_statement({"id": "kong.t2"}, biases(values))
    assert found.verdict == verdict
    assert "Error" not in found.sentence


def test_a_network_that_never_decides_has_no_bias(biases):
    tables = biases({0.1: 0.2, 0.5: 0.3, 0.9: 0.2})
    tables["robustness"][0]["value"] = None
    found = judge_statement({"id": "kong.t2"}, tables)
    assert (found.verdict, "value is None" in found.sentence) == (INCONCLUSIVE, True)


def test_a_bias_within_the_error_of_the_images_is_inconclusive(biases):
    found = middle_ratios_go_by_shape(biases({0.1: 0.2, 0.5: 0.25, 0.9: 0.2}, error=0.1))
    assert found.verdict == INCONCLUSIVE


@pytest.fixture
def peaks(probe, repeated):
    def rows(values, seeds=3, noise=0.002, start=0, **others):
        made = [probe(v, mask=m, pretrain_n_train=1000, **others) for m, v in values.items()]
        return {"evaluation": repeated(made, seeds=seeds, noise=noise, start=start)}

    return rows


PAPER = {0.1: 0.4745, 0.25: 0.5358, 0.5: 0.6007, 0.75: 0.6741, 0.9: 0.6297}


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        (PAPER, HOLDS),
        (PAPER | {0.9: 0.69}, FAILS),
        (PAPER | {0.25: 0.40}, FAILS),
        (PAPER | {0.9: 0.6741}, FAILS),
        ({0.1: 0.4, 0.75: 0.5}, NOT_RUN),
        ({0.75: 0.5, 0.9: 0.4}, NOT_RUN),
        ({m: a / 6 for m, a in PAPER.items()} | {0.75: 0.09}, TOO_SMALL),
    ],
)
def test_the_probe_rises_up_to_the_sweet_ratio_and_falls_beyond(peaks, values, verdict):
    assert probes_peak_at_the_sweet_ratio(peaks(values)).verdict == verdict


@pytest.mark.parametrize(
    ("change", "verdict"), [({"n_test": 100}, INCONCLUSIVE), ({"seeds": 1}, INCONCLUSIVE)]
)
def test_few_images_or_one_seed_are_run_and_inconclusive(peaks, change, verdict):
    assert probes_peak_at_the_sweet_ratio(peaks(PAPER, **change)).verdict == verdict


@pytest.mark.parametrize("ratios", [(0.5, 0.75, 0.9), tuple(PAPER)])
def test_noise_does_not_make_a_peak(peaks, ratios):
    """At most 2.5% hold where all ratios are equal: of 100 tables seldom more than 6."""
    flat = dict.fromkeys(ratios, 0.4)
    words = [
        probes_peak_at_the_sweet_ratio(peaks(flat, noise=0.02, start=start)).verdict
        for start in range(100)
    ]
    assert words.count(HOLDS) <= 6
    assert set(words) <= {HOLDS, FAILS, INCONCLUSIVE}


def test_a_missing_accuracy_decides_nothing(peaks):
    for value in (None, float("nan")):
        tables = peaks(PAPER)
        tables["evaluation"][0]["value"] = value
        found = judge_statement({"id": "kong.probe"}, tables)
        assert (found.verdict, "value is nan" in found.sentence) == (INCONCLUSIVE, True)


def test_one_row_never_raises(peaks):
    for identity in ("kong.probe", "kong.robust", "kong.t2"):
        rows = peaks({0.75: 0.5}, seeds=1, shifted="own")["evaluation"]
        found = judge_statement({"id": identity}, {"evaluation": rows, "robustness": rows})
        assert found.verdict == NOT_RUN


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [((1280, 80), HOLDS), ((1280, 0), FAILS), ((1200, 80), FAILS), ((None, None), NOT_RUN)],
)
def test_the_published_set_is_known_by_its_counts(probe, counts, verdict):
    row = probe(0.2, shifted="cue_conflict", n_files=counts[0], n_same=counts[1])
    found = the_published_cue_conflict_set({"robustness": [row]})
    assert found.verdict == verdict
    assert verdict == NOT_RUN or found.role == SETTING
