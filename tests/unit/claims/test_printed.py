"""Printed numbers, and the text next to them, on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.printed import SETS
from spatial_mae.claims.registry import JUDGES
from spatial_mae.claims.verdict import (
    CONDITIONAL,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    NOT_TESTABLE,
    TOO_SMALL,
    Undecidable,
)
from spatial_mae.papers.printed import printed_rows

LARGE = {"model_width": 768, "epochs": 800, "pretrain_n_train": 1_281_167, "n_classes": 1000}
LARGE |= {"height": 224, "width": 224, "patch": 8, "unit": 2, "mask": 0.1}


def verdict(tables, identity):
    return JUDGES[identity].decide(tables)


@pytest.fixture
def row(probe):
    def make(value, shifted="own", error=0.001, **others):
        named = {"protocol": "robustness", "shifted": shifted, "standard_error": error}
        return probe(value, **{"pretrain_n_train": 1000, **named, **others})

    return make


@pytest.fixture
def large(row, repeated):
    """Row 0 of Table 1, each number off by some points."""
    printed = {r["column"]: r["printed"] for r in printed_rows(1) if r["identity"] == "kong.t1.0"}

    def make(off, error=0.001, sets=tuple(SETS), seeds=3, **others):
        where = LARGE | others
        rows = [row((printed[SETS[n]] + off.get(n, 0)) / 100, n, error, **where) for n in sets]
        return {"robustness": repeated(rows, seeds=seeds, noise=0.0005)}

    return make


NEAR, FAR = dict.fromkeys(SETS, 0.3), dict.fromkeys(SETS, 1.8)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_printed_row_holds_within_a_point(large, sign):
    near, far = ({name: sign * off for name, off in offs.items()} for offs in (NEAR, FAR))
    found = verdict(large(near), "kong.t1.0")
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 6)
    found = verdict(large(far), "kong.t1.0")
    assert found.verdict == FAILS
    assert found.sentence.startswith("0 of 6 settings as claimed: distance from the printed")
    assert found.evidence["estimate"] == pytest.approx(0.01 - 0.018, abs=0.001)


def test_one_number_that_differs_is_named(large):
    found = verdict(large({**NEAR, "imagenet_r": 2.5}), "kong.t1.0")
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("measure IN1K, INA, INS, INv2, OJN: distance from the")
    assert "; measure INR: 2." in found.sentence


def test_numbers_too_high_do_not_make_up_for_numbers_too_low(large):
    off = {name: 5 * (-1) ** place for place, name in enumerate(SETS) if name != "imagenet_a"}
    found = verdict(large(off, sets=[name for name in SETS if name != "imagenet_a"]), "kong.t1.0")
    assert found.verdict == FAILS


def test_an_error_as_large_as_the_margin_and_one_seed_leave_it_open(large):
    assert verdict(large(NEAR, error=0.02), "kong.t1.0").verdict == INCONCLUSIVE
    assert verdict(large(NEAR, seeds=1), "kong.t1.0").verdict == INCONCLUSIVE


def test_sets_that_were_not_measured_make_it_conditional(large):
    found = verdict(large({}, sets=("own",)), "kong.t1.0")
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("IN1K only: One setting: distance")
    assert "Not measured: INv2, OJN, INR, INA, INS" in found.conditions
    assert verdict(large({"own": 3}, sets=("own",)), "kong.t1.0").verdict == FAILS


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"mask": 0.25}, NOT_RUN),
        ({"unit": 1}, NOT_RUN),
        ({"patch": 16, "unit": 1}, NOT_RUN),
        ({"status": "diverged"}, NOT_RUN),
        ({"epochs": 799}, TOO_SMALL),
        ({"model_width": 384}, TOO_SMALL),
        ({"height": 64}, TOO_SMALL),
        ({"pretrain_n_train": 50_000}, TOO_SMALL),
    ],
)
def test_a_run_of_another_scale_or_setting_decides_no_printed_row(large, change, expected):
    found = verdict(large({}, **change), "kong.t1.0")
    assert found.verdict == expected
    assert "800 epochs, m = 0.1, mask unit 16 pixels, patch 8" in found.conditions


@pytest.mark.parametrize("bad", [float("nan"), None])
def test_numbers_that_are_none(large, bad):
    tables = large({})
    tables["robustness"][0]["value"] = bad
    with pytest.raises(Undecidable, match=f"{bad} in 1 of 18 rows"):
        verdict(tables, "kong.t1.0")


def test_coupled_rows_need_the_patch_to_be_the_unit(row, repeated):
    wanted = {r["column"]: r["printed"] for r in printed_rows(4) if r["unit_pixels"] == 16}
    where = LARGE | {"mask": 0.75}
    for patch, unit, expected in ((16, 1, CONDITIONAL), (8, 2, NOT_RUN)):
        rows = repeated([row(wanted["IN1K"] / 100, **where | {"patch": patch, "unit": unit})])
        assert verdict({"robustness": rows}, "kong.t4.16").verdict == expected


def test_average_precision_is_judged_by_the_pretraining_behind_it(row, repeated):
    where = LARGE | {"epochs": 45, "pretrain_epochs": 800, "initialisation": "pretrained"}
    precisions = {"box_ap": 0.3047, "mask_ap": 0.2824}
    rows = repeated([row(v, **where, metric=metric) for metric, v in precisions.items()])
    assert verdict({"detection": rows}, "kong.t3.0.1").verdict == HOLDS
    random = [r | {"initialisation": "random"} for r in rows]
    assert verdict({"detection": random}, "kong.t3.0.1").verdict == NOT_RUN


def test_the_text_contradicts_one_table_and_fits_the_other():
    found = verdict({}, "kong.t1.text_conflict")
    assert found.verdict == NOT_TESTABLE
    assert "62.57 (8 pixels), 68.96 (16 pixels), 73.31 (32 pixels)" in found.conditions
    assert "62.57 (8 pixels), 67.41 (16 pixels), 55.51 (32 pixels)" in found.conditions


@pytest.fixture
def sizes(row, repeated):
    """Accuracies at growing mask units: of patches of one size, or where the patch is the unit."""

    def rows(kind, axis, *accuracies, **others):
        protocol = {"protocol": "linear_probe" if kind == "evaluation" else "robustness"}
        made = [
            row(value, **{axis: 2**place, **protocol, **others})
            for place, value in enumerate(accuracies)
        ]
        return repeated(made)

    return rows


@pytest.mark.parametrize("kind", ["evaluation", "robustness"])
def test_which_side_a_study_takes(sizes, kind):
    units, coupled = sizes(kind, "unit", 0.3, 0.4, 0.35), sizes(kind, "patch", 0.2, 0.3, 0.4)
    falls = verdict({kind: units}, "kong.t1.text_conflict")
    assert falls.verdict == HOLDS and "Printed numbers contradict" in falls.conditions
    assert verdict({kind: coupled}, "kong.t1.text_conflict").verdict == FAILS
    found = verdict({kind: [*units, *coupled]}, "kong.t1.text_conflict")
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("measure patch fixed: accuracy lost from")
    two = [r for r in units if r["unit"] < 4]
    assert verdict({kind: two}, "kong.t1.text_conflict").verdict == NOT_TESTABLE


def test_patches_of_larger_units_are_not_the_unit(sizes):
    rows = sizes("evaluation", "patch", 0.2, 0.3, 0.4, unit=2)
    assert verdict({"evaluation": rows}, "kong.t1.text_conflict").verdict == NOT_TESTABLE


def test_networks_at_chance_and_below_pixels_take_no_side(sizes):
    rows = sizes("evaluation", "unit", 0.11, 0.14, 0.10)
    assert verdict({"evaluation": rows}, "kong.t1.text_conflict").verdict == TOO_SMALL
    rows = sizes("evaluation", "unit", 0.3, 0.4, 0.35)
    pixels = [{**r, "value": 0.5, "epoch": None, "representation": "pca"} for r in rows]
    assert verdict({"evaluation": [*rows, *pixels]}, "kong.t1.text_conflict").verdict == TOO_SMALL


def test_seeds_apart_take_no_side(sizes):
    rows = sizes("evaluation", "unit", 0.3, 0.4, 0.35)
    apart = [row for row in rows if (row["seed"] == 0) == (row["unit"] == 4)]
    found = verdict({"evaluation": apart}, "kong.t1.text_conflict")
    assert found.verdict == NOT_RUN and "No seed has" in found.sentence


def test_one_setting_is_printed_twice():
    found = verdict({}, "kong.t1.vs_t3_16")
    assert found.verdict == NOT_TESTABLE
    assert "67.41 and 68.96: nothing below 1.55 points is resolved" in found.sentence
