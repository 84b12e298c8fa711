"""Judge of correlations beyond second order on tables made so that the answer is known."""

from math import nan

import pytest

from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.second_order import network_exceeds_second_order
from spatial_mae.claims.verdict import (
    CONDITIONAL,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    TOO_SMALL,
)


@pytest.fixture
def orders(jacobian, repeated):
    """The errors of network and linear MAE, and what affine maps explain of the network."""

    def rows(network, linear, one_mask, n_train=4000, seeds=3, noise=0.0005, **others):
        fit = {"n_train": n_train, "n_inputs": 500, "penalty": 0.01, "split": "train"}
        made = [
            jacobian(network, measure="network_error", n_images=20, **others),
            jacobian(linear, measure="linear_error", n_images=20, **others),
            jacobian(one_mask, measure="explained_one_mask", **fit, **others),
            jacobian(0.5, measure="explained_all_masks", **fit, **others),
        ]
        return repeated(made, seeds=seeds, noise=noise)

    return rows


@pytest.mark.parametrize(
    ("network", "linear", "one_mask", "verdict", "says"),
    [
        (0.2, 0.3, 0.8, HOLDS, "variance of the network's outputs"),
        (0.2, 0.3, 0.89, HOLDS, "variance of the network's outputs"),
        (0.2, 0.3, 0.91, FAILS, "variance of the network's outputs"),
        (0.2, 0.3, 1.0, FAILS, "variance of the network's outputs"),
        (0.3, 0.2, 0.8, FAILS, "relative error that the network saves"),
        (0.299, 0.3, 0.8, FAILS, "relative error that the network saves"),
        (0.2, 0.3, -0.5, HOLDS, "variance of the network's outputs"),
    ],
)
def test_network_exceeds_second_order(orders, network, linear, one_mask, verdict, says):
    found = network_exceeds_second_order({"second_order": orders(network, linear, one_mask)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    assert says in found.sentence
    assert found.conditions.startswith("At 4 epochs of 1000 images")
    assert found.evidence["error_linear_median"] == pytest.approx(linear, abs=0.002)
    assert found.evidence["explained_all_masks_median"] == pytest.approx(0.5, abs=0.002)
    assert "Gate" not in found.conditions


def test_with_few_images_it_can_only_fail(orders):
    found = network_exceeds_second_order({"second_order": orders(0.2, 0.3, 0.8, n_train=999)})
    assert found.verdict == TOO_SMALL
    assert "0 of 1 settings have 2 images an input" in found.sentence
    rows = orders(0.3, 0.2, 0.8, n_train=999)
    assert network_exceeds_second_order({"second_order": rows}).verdict == FAILS


def test_settings_with_few_images_are_left_out(orders):
    rows = orders(0.2, 0.3, 0.8) + orders(0.2, 0.3, 0.95, n_train=999, patch=8)
    found = network_exceeds_second_order({"second_order": rows})
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 1)
    assert "Gate: 1 of 2 settings have 2 images an input" in found.conditions


@pytest.mark.parametrize("missing", ["network_error", "linear_error", "explained_one_mask"])
def test_three_numbers_are_needed(orders, missing):
    rows = [row for row in orders(0.2, 0.3, 0.8) if row["measure"] != missing]
    found = network_exceeds_second_order({"second_order": rows})
    assert found.verdict == NOT_RUN
    assert "errors of network and linear MAE" in found.sentence


def test_networks_that_are_told_means_and_deviations_are_not_compared(orders):
    rows = [row | {"normalised_targets": "yes"} for row in orders(0.1, 0.3, 0.8)]
    found = network_exceeds_second_order({"second_order": rows})
    assert found.verdict == NOT_RUN
    assert "a network is told each patch's mean and deviation" in found.sentence
    plain = [row | {"normalised_targets": "no"} for row in orders(0.3, 0.2, 0.8, patch=8)]
    assert network_exceeds_second_order({"second_order": rows + plain}).verdict == FAILS


def test_patch_sizes_are_settings(orders):
    rows = orders(0.2, 0.3, 0.8, patch=2) + orders(0.4, 0.3, 0.8, patch=8)
    found = network_exceeds_second_order({"second_order": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("patch size 2: variance of the network's outputs")
    assert "; patch size 8: relative error that the network saves" in found.sentence


@pytest.mark.parametrize("change", [{"seeds": 1}, {"noise": 0.1}])
def test_one_seed_or_seeds_that_differ_are_inconclusive(orders, change):
    rows = orders(0.2, 0.3, 0.8, **change)
    assert network_exceeds_second_order({"second_order": rows}).verdict == INCONCLUSIVE


@pytest.mark.parametrize("place", [0, 3, 6])
@pytest.mark.parametrize("value", [nan, None])
def test_a_missing_number_is_inconclusive_with_its_reason(orders, place, value):
    rows = orders(0.2, 0.3, 0.8)
    rows[place]["value"] = value
    statement = {"id": "nonlinear.beyond2", "needs": "train"}
    found = judge_statement(statement, {"second_order": rows})
    assert found.verdict == INCONCLUSIVE
    assert "in 1 of " in found.sentence
