"""Judges of reconstruction and autocorrelation on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import reconstruction
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN

DATA = {"dataset": "leaves", "n_images": 1000, "pixels": "lossless", "patch": 4}


def losses(loss, latents=(4, 16)):
    return [
        {**DATA, "model": "mae", "mask_ratio": m, "n_latents": k, "loss": loss(m, k)}
        for m in (0.1, 0.5, 0.9)
        for k in latents
    ]


@pytest.mark.parametrize(
    ("loss", "verdict"),
    [
        (lambda m, k: 0.1 + m, HOLDS),
        (lambda m, k: 1 - m, FAILS),
        (lambda m, k: 0.5, FAILS),
        (lambda m, k: 0.1 + m if k == 4 else 1 - m, CONDITIONAL),
    ],
)
def test_reconstruction_improves_with_less_masking(loss, verdict):
    found = reconstruction.reconstruction_improves({"losses": losses(loss)})
    assert found.verdict == verdict
    assert found.n == 1000


def test_reconstruction_needs_two_mask_ratios():
    rows = [row for row in losses(lambda m, k: m) if row["mask_ratio"] == 0.1]
    assert reconstruction.reconstruction_improves({"losses": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(
    ("error", "verdict"), [(lambda m: 0.1 + m, HOLDS), (lambda m: 1 - m, FAILS)]
)
def test_trained_networks_decide_where_there_are_any(probe, error, verdict):
    names = {"protocol": "reconstruction", "representation": None}
    rows = [
        probe(value, mask=m, metric=metric, **names)
        for m in (0.25, 0.75)
        for metric, value in (("hidden_error", error(m)), ("visible_error", 1 - error(m)))
    ]
    tables = {"losses": losses(lambda m, k: 0.1 + m), "evaluation": rows}
    found = reconstruction.reconstruction_improves(tables)
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    assert found.conditions.startswith("At 4 epochs of 1000 images")
    assert "The linear MAE's minimum rises in 2 of 2 settings." in found.conditions


def correlation(curve, reach=16, **others):
    return [
        {**DATA, "border": "valid", "dx": d, "dy": 0, "distance": d, "correlation": curve(d)}
        | others
        for d in range(reach + 1)
    ]


@pytest.mark.parametrize(
    ("curve", "verdict"),
    [
        (lambda d: 1 / (1 + d / 4), HOLDS),
        (lambda d: 1 - 0.02 * d, HOLDS),
        (lambda d: 1.0, FAILS),
        (lambda d: 0.4 if d else 1.0, FAILS),
        (lambda d: 0.9 + d / 100, FAILS),
        (lambda d: [1, 0.9, 0.6, 0.8, 0.5][d] if d < 5 else 0.5, FAILS),
        (lambda d: 0.4 / (1 + d), FAILS),
    ],
)
def test_correlations_fall_with_distance(curve, verdict):
    rows = correlation(curve)
    assert reconstruction.correlations_are_local({"autocorrelation": rows}).verdict == verdict


def test_correlations_may_depend_on_the_mean():
    rows = correlation(lambda d: 1 / (1 + d / 4), mean_removal="dataset")
    rows += correlation(lambda d: 1.0, mean_removal="none")
    found = reconstruction.correlations_are_local({"autocorrelation": rows})
    assert found.verdict == CONDITIONAL
    assert "by mean removal: always for dataset, never for none" in found.conditions


def test_decay_exponent_of_an_inverse_law():
    rows = correlation(lambda d: 1 / d if d else 1.0)
    found = reconstruction.correlations_are_local({"autocorrelation": rows})
    assert found.evidence["decay_exponent_least"] == pytest.approx(-1)


def test_one_displacement_is_not_enough():
    rows = correlation(lambda d: 1.0, reach=1)
    assert reconstruction.correlations_are_local({"autocorrelation": rows}).verdict == NOT_RUN
