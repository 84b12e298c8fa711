"""Judges of whole images' reconstructions on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import unmasked
from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, NOT_RUN, TOO_SMALL

UNTRAINED = {"ssim": 0.0, "fsim": 0.0, "psnr": 5.0, "mse": 0.3}


@pytest.fixture
def table(probe, repeated):
    """Rows of SSIM, FSIM, PSNR and MSE from `quality(m, pixels)`; PSNR and MSE turn with `sign`."""

    def rows(quality, masks=(0.1, 0.75, 0.9), units=(1,), patches=(4,), sign=1, error=0.0):
        found = []
        for m, unit, patch in [(m, u, p) for m in masks for u in units for p in patches]:
            value = quality(m, unit * patch)
            decibels = 20 * (1 + sign * value)
            trained = {
                "ssim": value,
                "fsim": value,
                "psnr": decibels,
                "mse": 10 ** (-decibels / 10),
            }
            for epoch, metrics in ((0, UNTRAINED), (4, trained)):
                for name, number in metrics.items():
                    place = {"mask": m, "unit": unit, "patch": patch, "epoch": epoch, "epochs": 4}
                    what = {"protocol": "unmasked_reconstruction", "metric": name}
                    what |= {"representation": None, "standard_error": error}
                    found.append(probe(number, **place) | what | {"pretrain_n_train": 1000})
        return {"unmasked": repeated(found, noise=1e-5)}

    return rows


@pytest.mark.parametrize(
    ("quality", "verdict"),
    [
        (lambda m, p: m / 2, HOLDS),
        (lambda m, p: 0.5 - m / 2, FAILS),
        (lambda m, p: 0.5 + m / 100, FAILS),
        (lambda m, p: 0.1 + m / 2 if m < 0.9 else 0.0, HOLDS),  # beyond 0.75 it may fall
        (lambda m, p: 0.0, TOO_SMALL),
    ],
)
def test_structure_rises_up_to_three_quarters(table, quality, verdict):
    found = unmasked.structure_rises_with_the_ratio(table(quality))
    assert found.verdict == verdict
    assert verdict == TOO_SMALL or "Kong et al.: 800 epochs" in found.conditions


def test_one_metric_of_two_is_conditional(table):
    tables = table(lambda m, p: m / 2)
    for row in tables["unmasked"]:
        if row["metric"] == "fsim" and row["epoch"]:
            row["value"] = 1 - row["value"]
    found = unmasked.structure_rises_with_the_ratio(tables)
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("metric ssim: structural similarity rises")


def test_a_rise_within_the_error_of_the_images_is_inconclusive(table):
    found = unmasked.structure_rises_with_the_ratio(table(lambda m, p: 0.9 + m / 10, error=0.1))
    assert found.verdict == INCONCLUSIVE


@pytest.mark.parametrize(("sign", "verdict"), [(1, HOLDS), (-1, FAILS)])
def test_the_extreme_ratio_has_more_of_the_pixels(table, sign, verdict):
    found = unmasked.the_extreme_ratio_keeps_pixels(table(lambda m, p: m / 2, sign=sign))
    assert found.verdict == verdict
    assert found.evidence["settings"] == 2
    assert found.evidence["estimate"] == pytest.approx(sign * 1.5, abs=0.1)  # decibels


def test_the_extreme_ratio_must_have_been_trained(table):
    tables = table(lambda m, p: m / 2, masks=(0.5, 0.75))
    assert unmasked.the_extreme_ratio_keeps_pixels(tables).verdict == NOT_RUN


@pytest.mark.parametrize("grid", [{"units": (1, 2, 4)}, {"patches": (2, 4, 8)}])
@pytest.mark.parametrize(("sign", "verdict"), [(-1, HOLDS), (1, CONDITIONAL)])
def test_larger_units_give_structure_for_pixels(table, grid, sign, verdict):
    tables = table(lambda m, p: p / 20, masks=(0.75,), sign=sign, **grid)
    assert unmasked.units_trade_pixels_for_structure(tables).verdict == verdict


def test_units_of_networks_that_are_told_means_and_deviations_are_not_compared(table):
    tables = table(lambda m, p: p / 20, masks=(0.75,), sign=-1, patches=(2, 4, 8))
    rows = [row | {"normalised_targets": "yes"} for row in tables["unmasked"]]
    found = unmasked.units_trade_pixels_for_structure({"unmasked": rows})
    assert found.verdict == NOT_RUN and "without normalised targets" in found.sentence


def test_what_untrained_networks_do_too_is_no_effect_of_masks(table):
    tables = table(lambda m, p: 0.3 + p / 20, masks=(0.75,), patches=(2, 4, 8), sign=-1)
    for row in tables["unmasked"]:
        if not row["epoch"] and row["metric"] in ("ssim", "fsim"):
            row["value"] += row["patch"] / 20
    found = unmasked.units_trade_pixels_for_structure(tables)
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("metric mse, psnr: the metrics change")


def test_one_unit_is_not_enough(table):
    tables = table(lambda m, p: m / 2)
    assert unmasked.units_trade_pixels_for_structure(tables).verdict == NOT_RUN


@pytest.mark.parametrize("identity", ["kong.ssim", "kong.recon.extreme", "kong.recon.units"])
@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_missing_number_decides_nothing(table, identity, value):
    tables = table(lambda m, p: m / 2, units=(1, 2))
    for row in tables["unmasked"]:
        row["value"] = value if row["epoch"] else row["value"]
    found = judge_statement({"id": identity}, tables)
    assert found.verdict == INCONCLUSIVE
    assert "value is nan" in found.sentence


def test_one_network_without_an_untrained_one_decides_nothing(table):
    rows = table(lambda m, p: p / 20, masks=(0.75,), units=(1, 2, 4), sign=-1)["unmasked"]
    rows[0]["value"] = rows[-1]["value"] = None
    found = judge_statement({"id": "kong.recon.units"}, {"unmasked": rows})
    assert found.verdict == INCONCLUSIVE
    assert "value is" in found.sentence
