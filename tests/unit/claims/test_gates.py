"""Statements about training are judged of networks that learned something."""

import numpy as np
import pytest

from spatial_mae.claims import probes, tuning
from spatial_mae.claims.gates import learned
from spatial_mae.claims.verdict import HOLDS, INCONCLUSIVE, TOO_SMALL, Undecidable
from spatial_mae.tables.runs import completed

FREE = ("mask",)
MASKS = (0.25, 0.75)


def passed(rows, table=()):
    kept, gate = learned(completed(rows), table, FREE)
    return len(kept), gate


@pytest.fixture
def networks(probe, repeated):
    def rows(*accuracies, seeds=3, **others):
        made = [probe(a, mask=m, **others) for m, a in zip(MASKS, accuracies, strict=True)]
        return repeated(made, seeds=seeds)

    return rows


def controls(rows, value, **others):
    return [{**row, "value": value, "epoch": None, "epochs": None, **others} for row in rows]


def test_networks_above_chance_are_kept_without_a_word(networks):
    assert passed(networks(0.3, 0.5)) == (6, "")
    assert passed(networks(0.3, 0.5, seeds=1)) == (2, "")
    assert passed(networks(0.1, 0.5)) == (6, "")  # the best cell counts


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("accuracy", [0.1, 0.15, 0.18])
def test_a_tenth_of_the_way_from_chance_is_chance(networks, accuracy, seeds):
    found = passed(networks(0.1, accuracy, seeds=seeds))
    assert found == (0, "networks beat chance and controls in 0 of 1 settings")
    assert passed(networks(0.1, accuracy, seeds=seeds, n_classes=100))[0] == (
        2 * seeds if accuracy > 0.109 else 0
    )


def test_one_setting_of_two_is_left_out(networks):
    count, gate = passed(networks(0.3, 0.5) + networks(0.1, 0.12, enc=2))
    assert (count, gate) == (6, "networks beat chance and controls in 1 of 2 settings")


@pytest.mark.parametrize("control", ["raw_pixels", "pca", "linear_mae"])
def test_pixels_are_to_be_beaten(networks, control):
    rows = networks(0.3, 0.4)
    better, worse = (controls(rows, v, representation=control) for v in (0.45, 0.35))
    assert passed(rows, [*rows, *better])[0] == 0
    assert passed(rows, [*rows, *worse]) == (6, "")


def test_the_network_before_training_is_to_be_beaten_by_the_same_representation(networks):
    rows = networks(0.3, 0.4)
    before = controls(rows, 0.45, epoch=0, epochs=4)
    assert passed(rows, before)[0] == 0
    other = [{**row, "representation": "class_token"} for row in before]
    assert passed(rows, other) == (6, "")


@pytest.mark.parametrize(
    "change",
    [{"seed": 9}, {"n_train": 50}, {"status": "diverged"}, {"metric": "loss"}, {"epoch": 2}],
)
def test_only_controls_of_the_same_run_and_images_count(networks, change):
    rows = networks(0.3, 0.4)
    table = controls(rows, 0.9, representation="raw_pixels", **change)
    assert passed(rows, table) == (6, "")


def test_without_controls_and_classes_nothing_is_known(networks):
    rows = networks(0.8, 0.9, n_classes=None)
    assert passed(rows) == (
        0,
        "chance and controls are unknown: add controls, or a data set with classes",
    )
    assert passed(rows, controls(rows, 0.5, representation="pca")) == (6, "")


def test_without_rows_nothing_is_said():
    assert passed([]) == (0, "")


def test_a_gain_within_the_test_set_s_error_is_none(networks):
    assert passed(networks(0.2, 0.22, seeds=1, n_test=100))[0] == 0
    assert passed(networks(0.2, 0.22, seeds=1))[0] == 2


def test_one_seed_is_judged_next_to_settings_with_several(networks, tuning):
    one = [tuning(0.6, mask=m, protocol="fine_tuning", value=0.6) for m in MASKS]
    assert passed([*networks(0.3, 0.5), *one]) == (8, "")
    low = [{**row, "value": 0.1} for row in one]
    assert passed([*networks(0.3, 0.5), *low])[0] == 6


@pytest.mark.parametrize("value", [float("nan"), None])
def test_accuracies_that_are_none_decide_nothing(networks, value):
    rows = networks(0.3, 0.5)
    rows[0]["value"] = value
    with pytest.raises(Undecidable, match="value is nan in 1 of 6"):
        passed(rows)


def test_a_control_that_is_no_number_is_no_low_bar(networks):
    rows = networks(0.3, 0.5)
    table = controls(rows, float("nan"), representation="pca")
    with pytest.raises(Undecidable, match="value is nan in 6 of 6"):
        passed(rows, table)


def at_chance(rows, column, start=0):
    """Accuracies between 10 and 15% on 10 classes, of three seeds."""
    random = np.random.default_rng(start)
    return [
        {**row, "seed": seed, column: 0.1 + 0.05 * random.random()}
        for row in rows
        for seed in range(3)
    ]


@pytest.mark.parametrize("start", range(5))
def test_networks_at_chance_are_too_small_for_statements_about_training(probe, tuning_rows, start):
    grid = [probe(0, patch=p, mask=m) for p in (2, 8) for m in (0.25, 0.75)]
    late = [probe(0, epoch=e, epochs=20) for e in (0, 10, 15, 20)]
    tuned = {"fine_tuning": at_chance(tuning_rows, "accuracy", start)}
    evaluated = [{"evaluation": at_chance(rows, "value", start)} for rows in (grid, late)]
    for found in (
        probes.small_patches_high_ratios(evaluated[0]),
        probes.best_ratio_falls_with_patch_size(evaluated[0]),
        probes.probe_still_rises(evaluated[1]),
        tuning.one_block_is_enough(tuned),
        tuning.few_blocks_at_half_the_cost(tuned),
    ):
        assert found.verdict == TOO_SMALL
        assert found.sentence.startswith("Too small: networks beat chance and controls in 0 of 1")


@pytest.fixture
def tuning_rows(tuning):
    return [tuning(0, 1, seconds=5.0), tuning(0, "all", seconds=10.0)]


def test_tuned_networks_below_a_probe_of_pixels_are_too_small(tuning_rows, probe, repeated):
    table = [{**row, "accuracy": 0.4} for row in tuning_rows]
    rows = repeated(table, "accuracy", noise=0.001)
    pixels = [probe(0.5, representation="pca", seed=s, epoch=None, epochs=None) for s in range(3)]
    assert tuning.one_block_is_enough({"fine_tuning": rows}).verdict == HOLDS
    tables = {"fine_tuning": rows, "evaluation": pixels}
    assert tuning.one_block_is_enough(tables).verdict == TOO_SMALL


def test_one_seed_passes_the_gate_and_decides_nothing(tuning_rows):
    rows = [{**row, "accuracy": 0.8} for row in tuning_rows]
    assert tuning.one_block_is_enough({"fine_tuning": rows}).verdict == INCONCLUSIVE


def test_a_control_of_another_label_does_not_count(networks):
    rows = networks(0.3, 0.4, label="texture")
    other, own = (
        controls(rows, 0.9, representation="pca", label=label) for label in ("layout", "texture")
    )
    assert passed(rows, other) == (6, "")
    assert passed(rows, own)[0] == 0
