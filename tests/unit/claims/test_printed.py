"""Printed numbers, and the text beside them, on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.printed import SETS
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN, NOT_TESTABLE
from spatial_mae.papers.printed import printed_rows

LARGE = {"model_width": 768, "epochs": 800, "pretrain_n_train": 1_281_167}
LARGE |= {"height": 224, "width": 224, "patch": 8, "unit": 2, "mask": 0.1}


def verdict(tables, identity):
    (found,) = [claim for claim in judge_all(tables) if claim["id"] == identity]
    return found


@pytest.fixture
def row(probe):
    def make(value, shifted="own", error=0.0, **others):
        named = {"protocol": "robustness", "shifted": shifted, "standard_error": error}
        return probe(value, **{"pretrain_n_train": 1000, **named, **others})

    return make


@pytest.fixture
def large(row):
    """Row 0 of Table 1, each number off by some points."""
    printed = {r["column"]: r["printed"] for r in printed_rows(1) if r["identity"] == "kong.t1.0"}

    def make(off, error=0.0, sets=tuple(SETS), **others):
        where = LARGE | others
        rows = [row((printed[SETS[n]] + off.get(n, 0)) / 100, n, error, **where) for n in sets]
        return {"robustness": rows}

    return make


def test_a_printed_row_holds_within_a_point_or_two_errors(large):
    near, far = dict.fromkeys(SETS, 0.9), dict.fromkeys(SETS, 1.1)
    assert verdict(large(near), "kong.t1.0")["verdict"] == HOLDS
    assert verdict(large({**near, "imagenet_r": 1.1}), "kong.t1.0")["verdict"] == CONDITIONAL
    assert verdict(large(far), "kong.t1.0")["verdict"] == FAILS
    found = verdict(large(far, error=0.006), "kong.t1.0")
    assert found["verdict"] == HOLDS
    assert found["evidence"]["difference_IN1K"] == pytest.approx(1.1)


def test_sets_that_were_not_measured_make_it_conditional(large):
    found = verdict(large({}, sets=("own",)), "kong.t1.0")
    assert found["verdict"] == CONDITIONAL
    assert "Not measured: INv2, OJN, INR, INA, INS" in found["conditions"]


@pytest.mark.parametrize(
    "change",
    [{"mask": 0.25}, {"unit": 1}, {"patch": 16, "unit": 1}, {"epochs": 799}, {"model_width": 384}]
    + [{"height": 64}, {"pretrain_n_train": 50_000}, {"status": "diverged"}],
)
def test_a_run_of_another_scale_or_setting_decides_no_printed_row(large, change):
    found = verdict(large({}, **change), "kong.t1.0")
    assert found["verdict"] == NOT_RUN
    assert "800 epochs, m = 0.1, mask unit 16 pixels, patch 8" in found["conditions"]


def test_coupled_rows_need_the_patch_to_be_the_unit(row):
    wanted = {r["column"]: r["printed"] for r in printed_rows(4) if r["unit_pixels"] == 16}
    where = LARGE | {"mask": 0.75}
    for patch, unit, expected in ((16, 1, CONDITIONAL), (8, 2, NOT_RUN)):
        rows = [row(wanted["IN1K"] / 100, **where | {"patch": patch, "unit": unit})]
        assert verdict({"robustness": rows}, "kong.t4.16")["verdict"] == expected


def test_average_precision_is_judged_by_the_pretraining_behind_it(row):
    where = LARGE | {"epochs": 45, "pretrain_epochs": 800, "initialisation": "pretrained"}
    precisions = {"box_ap": 0.3047, "mask_ap": 0.2824}
    rows = [row(v, **where, metric=metric) for metric, v in precisions.items()]
    assert verdict({"detection": rows}, "kong.t3.0.1")["verdict"] == HOLDS
    random = [r | {"initialisation": "random"} for r in rows]
    assert verdict({"detection": random}, "kong.t3.0.1")["verdict"] == NOT_RUN


def test_the_text_contradicts_one_table_and_fits_the_other():
    found = verdict({}, "kong.t1.text_conflict")
    assert found["verdict"] == NOT_TESTABLE
    assert "62.57 (8 pixels), 68.96 (16 pixels), 73.31 (32 pixels)" in found["conditions"]
    assert "62.57 (8 pixels), 67.41 (16 pixels), 55.51 (32 pixels)" in found["conditions"]


@pytest.mark.parametrize("kind", ["evaluation", "robustness"])
def test_which_side_a_study_takes(row, kind):
    protocol = {"protocol": "linear_probe" if kind == "evaluation" else "robustness"}
    units = [row(v, unit=u, **protocol) for u, v in ((1, 0.3), (2, 0.4), (4, 0.35))]
    falls = verdict({kind: units}, "kong.t1.text_conflict")
    assert falls["verdict"] == HOLDS and "Printed numbers contradict" in falls["conditions"]
    coupled = [row(v, patch=p, **protocol) for p, v in ((2, 0.2), (4, 0.3), (8, 0.4))]
    assert verdict({kind: coupled}, "kong.t1.text_conflict")["verdict"] == FAILS
    both = verdict({kind: [*units, *coupled]}, "kong.t1.text_conflict")
    assert both["verdict"] == CONDITIONAL
    assert verdict({kind: units[:2]}, "kong.t1.text_conflict")["verdict"] == NOT_TESTABLE


def test_one_setting_is_printed_twice():
    found = verdict({}, "kong.t1.vs_t3_16")
    assert found["verdict"] == NOT_TESTABLE and "67.41 and 68.96" in found["conditions"]
    assert "less than 1.55 points" in found["conditions"]
