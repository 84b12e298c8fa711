"""Judges of whole images' reconstructions on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import unmasked
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN


@pytest.fixture
def table(probe):
    """Rows of SSIM, FSIM, PSNR and MSE from `quality(m, pixels)`; PSNR and MSE turn with `sign`."""

    def rows(quality, masks=(0.1, 0.75, 0.9), units=(1,), patches=(4,), sign=1, error=0.0):
        found = []
        for m, unit, patch in [(m, u, p) for m in masks for u in units for p in patches]:
            value = quality(m, unit * patch)
            metrics = {"ssim": value, "fsim": value, "psnr": 20 * (1 + sign * value)}
            metrics["mse"] = 1 - sign * value
            for epoch in (0, 4):
                for name, number in metrics.items():
                    place = {"mask": m, "unit": unit, "patch": patch, "epoch": epoch, "epochs": 4}
                    what = {"protocol": "unmasked_reconstruction", "metric": name}
                    what |= {"representation": None, "standard_error": error}
                    value_then = number if epoch else 0.3
                    found.append(probe(value_then, **place) | what | {"pretrain_n_train": 1000})
        return {"unmasked": found}

    return rows


@pytest.mark.parametrize(
    ("quality", "verdict"),
    [
        (lambda m, p: m / 2, HOLDS),
        (lambda m, p: 0.5 - m / 2, FAILS),
        (lambda m, p: 0.1 + m / 2 if m < 0.9 else 0.0, HOLDS),  # beyond 0.75 it may fall
    ],
)
def test_structure_rises_up_to_three_quarters(table, quality, verdict):
    found = unmasked.structure_rises_with_the_ratio(table(quality))
    assert found.verdict == verdict
    assert "Kong et al.: 800 epochs" in found.conditions


def test_one_metric_of_two_is_conditional(table):
    tables = table(lambda m, p: m / 2)
    for row in tables["unmasked"]:
        if row["metric"] == "fsim":
            row["value"] = 0.5
    found = unmasked.structure_rises_with_the_ratio(tables)
    assert found.verdict == CONDITIONAL
    assert "by metric: always for ssim, never for fsim" in found.conditions


def test_a_rise_within_the_error_of_the_images_is_not_resolved(table):
    found = unmasked.structure_rises_with_the_ratio(table(lambda m, p: 0.5 + m / 10, error=0.3))
    assert found.verdict == NOT_RUN
    assert "not resolved" in found.conditions


@pytest.mark.parametrize(("sign", "verdict"), [(1, HOLDS), (-1, FAILS)])
def test_the_extreme_ratio_has_more_of_the_pixels(table, sign, verdict):
    tables = table(lambda m, p: m / 2, sign=sign)
    assert unmasked.the_extreme_ratio_keeps_pixels(tables).verdict == verdict


def test_the_extreme_ratio_must_have_been_trained(table):
    tables = table(lambda m, p: m / 2, masks=(0.5, 0.75))
    assert unmasked.the_extreme_ratio_keeps_pixels(tables).verdict == NOT_RUN


@pytest.mark.parametrize("grid", [{"units": (1, 2, 4)}, {"patches": (2, 4, 8)}])
@pytest.mark.parametrize(("sign", "verdict"), [(-1, HOLDS), (1, CONDITIONAL)])
def test_larger_units_give_structure_for_pixels(table, grid, sign, verdict):
    tables = table(lambda m, p: p / 20, masks=(0.75,), sign=sign, **grid)
    assert unmasked.units_trade_pixels_for_structure(tables).verdict == verdict


def test_one_unit_is_not_enough(table):
    tables = table(lambda m, p: m / 2)
    assert unmasked.units_trade_pixels_for_structure(tables).verdict == NOT_RUN
