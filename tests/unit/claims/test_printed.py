"""Printed accuracies, and the text beside them, on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.printed import PRINTED, SETS
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN, NOT_TESTABLE

LARGE = {"model_width": 768, "epochs": 800, "pretrain_n_train": 1_281_167}
LARGE |= {"height": 224, "width": 224, "patch": 8, "unit": 2, "mask": 0.1}


def verdict(rows, identity):
    (found,) = [c for c in judge_all({"robustness": rows}) if c["id"] == identity]
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

    def make(off, error=0.0, sets=SETS, **others):
        printed = PRINTED["kong.t1.0"].numbers
        where = LARGE | others
        return [row((printed[n] + off[n]) / 100, SETS[n], error, **where) for n in sets]

    return make


def test_a_printed_row_holds_within_a_point_or_two_errors(large):
    near = dict.fromkeys(SETS, 0.9)
    assert verdict(large(near), "kong.t1.0")["verdict"] == HOLDS
    assert verdict(large(near, sets=["IN1K"]), "kong.t1.0")["verdict"] == CONDITIONAL
    assert verdict(large({**near, "INR": 1.1}), "kong.t1.0")["verdict"] == CONDITIONAL
    far = dict.fromkeys(SETS, 1.1)
    assert verdict(large(far), "kong.t1.0")["verdict"] == FAILS
    assert verdict(large(far, error=0.006), "kong.t1.0")["verdict"] == HOLDS


@pytest.mark.parametrize(
    "change",
    [{"mask": 0.25}, {"unit": 1}, {"patch": 16, "unit": 1}, {"epochs": 799}, {"model_width": 384}]
    + [{"height": 64}, {"pretrain_n_train": 50_000}, {"status": "diverged"}],
)
def test_a_run_of_another_scale_or_setting_decides_no_printed_row(large, change):
    found = verdict(large(dict.fromkeys(SETS, 0), **change), "kong.t1.0")
    assert found["verdict"] == NOT_RUN
    assert "m = 0.1, mask unit 16 pixels, patch 8, 800 epochs" in found["conditions"]


def test_settings_of_both_tables():
    settings = {name: (row.table, row.mask, row.unit, row.patch) for name, row in PRINTED.items()}
    assert settings["kong.t1.7"] == (1, 0.75, 32, 8)
    assert settings["kong.t4.32"] == (4, 0.75, 32, 32)
    assert len(settings) == 11


def test_the_text_contradicts_one_table_and_fits_the_other(row):
    found = verdict([row(0.5)], "kong.t1.text_conflict")
    assert found["verdict"] == NOT_TESTABLE
    assert "62.57 at 8, 68.96 at 16, 73.31 at 32" in found["conditions"]
    assert "62.57 at 8, 67.41 at 16, 55.51 at 32" in found["conditions"]
    assert "This study" not in found["conditions"]


def test_which_side_a_study_takes(row):
    decoupled = [row(v, unit=u) for u, v in ((1, 0.3), (2, 0.4), (4, 0.5))]
    coupled = [row(v, patch=p) for p, v in ((2, 0.2), (4, 0.3), (8, 0.25))]
    found = verdict([*decoupled, *coupled], "kong.t1.text_conflict")
    assert "decoupled, m = 0.75: rises at the largest unit" in found["conditions"]
    assert "coupled, m = 0.75: falls at the largest unit (20.00 at 2, 30.00" in found["conditions"]
    assert found["evidence"]["last_step_decoupled_m0.75"] == pytest.approx(0.1)
    assert found["evidence"]["last_step_coupled_m0.75"] == pytest.approx(-0.05)
    alone = verdict(coupled, "kong.t1.text_conflict")
    assert "decoupled" not in alone["conditions"]
    noisy = [{**r, "standard_error": 0.2} for r in decoupled]
    assert "unresolved" in verdict(noisy, "kong.t1.text_conflict")["conditions"]


def test_one_setting_is_printed_twice(row):
    found = verdict([row(0.5)], "kong.t1.vs_t3_16")
    assert "IN1K 67.41 and 68.96" in found["conditions"]
    assert "OJN 18.24 and 13.73" in found["conditions"]
    assert found["evidence"] == {}
