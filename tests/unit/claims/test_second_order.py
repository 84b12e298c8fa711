"""Judge of correlations beyond second order on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.second_order import network_exceeds_second_order
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN


@pytest.fixture
def orders(jacobian):
    """The errors of network and linear MAE, and what affine maps explain of the network."""

    def rows(network, linear, one_mask, all_masks=0.5, n_train=4000, **others):
        fit = {"n_train": n_train, "n_inputs": 500, "penalty": 0.01, "split": "train"}
        return [
            jacobian(network, measure="network_error", **others),
            jacobian(linear, measure="linear_error", **others),
            jacobian(one_mask, measure="explained_one_mask", **fit, **others),
            jacobian(all_masks, measure="explained_all_masks", **fit, **others),
        ]

    return rows


@pytest.mark.parametrize(
    ("network", "linear", "one_mask", "verdict"),
    [
        (0.2, 0.3, 0.8, HOLDS),
        (0.2, 0.3, 0.89, HOLDS),
        (0.2, 0.3, 0.91, FAILS),
        (0.2, 0.3, 1.0, FAILS),
        (0.3, 0.2, 0.8, FAILS),
        (0.299, 0.3, 0.8, FAILS),
        (0.2, 0.3, -0.5, HOLDS),
    ],
)
def test_network_exceeds_second_order(orders, network, linear, one_mask, verdict):
    found = network_exceeds_second_order({"second_order": orders(network, linear, one_mask)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    assert found.conditions.startswith("At 4 epochs of 1000 images")
    assert found.evidence["explained_one_mask_median"] == one_mask
    assert "images an input" not in found.conditions


def test_a_map_for_all_masks_does_not_decide(orders):
    rows = orders(0.2, 0.3, 0.95, all_masks=0.1)
    found = network_exceeds_second_order({"second_order": rows})
    assert found.verdict == FAILS
    assert found.evidence["explained_all_masks_median"] == 0.1


def test_few_images_never_hold_without_condition(orders):
    rows = orders(0.2, 0.3, 0.8, n_train=999)
    found = network_exceeds_second_order({"second_order": rows})
    assert found.verdict == CONDITIONAL
    assert "Fewer than 2 images an input in 1 of 1 affine fits" in found.conditions
    rows = orders(0.3, 0.2, 0.8, n_train=999)
    assert network_exceeds_second_order({"second_order": rows}).verdict == FAILS


@pytest.mark.parametrize("missing", ["network_error", "linear_error", "explained_one_mask"])
def test_three_numbers_are_needed(orders, missing):
    rows = [row for row in orders(0.2, 0.3, 0.8) if row["measure"] != missing]
    found = network_exceeds_second_order({"second_order": rows})
    assert found.verdict == NOT_RUN
    assert "errors of network and linear MAE" in found.conditions


def test_patch_sizes_are_settings(orders):
    rows = orders(0.2, 0.3, 0.8, patch=2) + orders(0.4, 0.3, 0.8, patch=8)
    found = network_exceeds_second_order({"second_order": rows})
    assert found.verdict == CONDITIONAL
    assert "by patch size: always for 2, never for 8" in found.conditions


def test_seeds_resolve_the_margin(orders):
    alike = orders(0.2, 0.3, 0.7) + orders(0.21, 0.3, 0.69, seed=1)
    found = network_exceeds_second_order({"second_order": alike})
    assert found.verdict == HOLDS
    assert "Spread between seeds known in 1 of 1." in found.conditions
    apart = orders(0.2, 0.3, 0.8) + orders(0.3, 0.3, 0.8, seed=1)
    assert network_exceeds_second_order({"second_order": apart}).verdict == NOT_RUN
