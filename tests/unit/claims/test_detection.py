"""The judge of detection on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.detection import the_sweet_ratio_detects_best
from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, NOT_RUN, TOO_SMALL

BOXES = {0.1: 0.3047, 0.25: 0.3238, 0.5: 0.3487, 0.75: 0.3972, 0.9: 0.3717}
MASKS = {0.1: 0.2824, 0.25: 0.2995, 0.5: 0.3211, 0.75: 0.3635, 0.9: 0.3435}


@pytest.fixture
def table(probe, repeated):
    def rows(boxes, masks, initialisation="pretrained", seeds=3, start=0):
        common = {"protocol": "detection", "initialisation": initialisation, "pretrain_epochs": 4}
        common |= {"pretrain_n_train": 1000, "epochs": 2, "epoch": None}
        measures = {"box_ap": boxes, "mask_ap": masks}
        found = [
            probe(value, metric=metric, mask=m, **common)
            for metric, values in measures.items()
            for m, value in values.items()
        ]
        empty = probe(None, metric="box_ap_large", mask=0.1, **common)
        return [*repeated(found, seeds=seeds, start=start), empty]

    return rows


@pytest.mark.parametrize(
    ("boxes", "masks", "verdict"),
    [
        (BOXES, MASKS, HOLDS),
        (BOXES, MASKS | {0.9: 0.4}, CONDITIONAL),
        (BOXES | {0.5: 0.45}, MASKS | {0.9: 0.4}, FAILS),
        ({0.1: 0.3, 0.75: 0.4}, {0.1: 0.2, 0.75: 0.3}, NOT_RUN),
        ({0.1: 0.3, 0.9: 0.4}, {0.1: 0.2, 0.9: 0.3}, NOT_RUN),
        (dict.fromkeys(BOXES, 0.003), dict.fromkeys(MASKS, 0.002), TOO_SMALL),
    ],
)
def test_the_sweet_ratio_has_the_largest_ap(table, boxes, masks, verdict):
    found = the_sweet_ratio_detects_best({"detection": table(boxes, masks)})
    assert found.verdict == verdict
    assert verdict in (NOT_RUN, TOO_SMALL) or found.scale == "4 + 2 epochs, width 48"


def test_detectors_that_start_at_random_are_a_control_and_do_not_count(table):
    rows = table(BOXES, MASKS)
    worse = table({m: 0.2 - v / 2 for m, v in BOXES.items()}, dict.fromkeys(MASKS, 0.1), "random")
    assert the_sweet_ratio_detects_best({"detection": rows + worse}).verdict == HOLDS
    equal = table(BOXES, MASKS, "random", start=1)
    assert the_sweet_ratio_detects_best({"detection": rows + equal}).verdict == TOO_SMALL


def test_one_seed_is_run_and_inconclusive(table):
    found = the_sweet_ratio_detects_best({"detection": table(BOXES, MASKS, seeds=1)})
    assert found.verdict == INCONCLUSIVE


def test_a_missing_number_decides_nothing(table):
    rows = [{**row, "value": float("nan")} for row in table(BOXES, MASKS)]
    found = judge_statement({"id": "kong.detection.best"}, {"detection": rows})
    assert (found.verdict, "value is nan" in found.sentence) == (INCONCLUSIVE, True)
