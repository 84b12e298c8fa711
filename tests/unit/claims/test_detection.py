"""The judge of detection on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.detection import the_sweet_ratio_detects_best
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN

BOXES = {0.1: 0.3047, 0.25: 0.3238, 0.5: 0.3487, 0.75: 0.3972, 0.9: 0.3717}
MASKS = {0.1: 0.2824, 0.25: 0.2995, 0.5: 0.3211, 0.75: 0.3635, 0.9: 0.3435}


@pytest.fixture
def table(probe):
    def rows(boxes, masks, start="pretrained"):
        common = {"protocol": "detection", "initialisation": start, "pretrain_epochs": 4}
        common |= {"pretrain_n_train": 1000}
        measures = {"box_ap": boxes, "mask_ap": masks, "box_ap_large": {0.1: None, 0.9: None}}
        return [
            probe(value, metric=metric, mask=m, **common)
            for metric, values in measures.items()
            for m, value in values.items()
        ]

    return rows


@pytest.mark.parametrize(
    ("boxes", "masks", "verdict"),
    [
        (BOXES, MASKS, HOLDS),
        (BOXES, MASKS | {0.9: 0.37}, CONDITIONAL),
        (BOXES | {0.5: 0.4}, MASKS | {0.9: 0.37}, FAILS),
        ({0.1: 0.3, 0.75: 0.4}, {0.1: 0.2, 0.75: 0.3}, NOT_RUN),
        ({0.1: 0.3, 0.9: 0.4}, {0.1: 0.2, 0.9: 0.3}, NOT_RUN),
    ],
)
def test_the_sweet_ratio_has_the_largest_ap(table, boxes, masks, verdict):
    found = the_sweet_ratio_detects_best({"detection": table(boxes, masks)})
    assert found.verdict == verdict


def test_detectors_that_start_at_random_do_not_count(table):
    rows = table(BOXES, MASKS) + table({m: 1 - v for m, v in BOXES.items()}, MASKS, "random")
    assert the_sweet_ratio_detects_best({"detection": rows}).verdict == HOLDS
