"""Judges of Figs. 5 and 6 on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import influence
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN

SETTING = {"dataset": "leaves", "n": "all", "n_images": 1000, "pixels": "lossless", "n_latents": 16}


def row(model, distance, patch=4, **others):
    entropy = 1 + distance
    squares = {"mean_distance_square": distance, "entropy_square": entropy}
    share = others.pop("intra_patch_share", 0.5)
    measures = {"mean_distance": distance, "entropy": entropy, "intra_patch_share": share}
    return {**SETTING, "patch": patch, "model": model, **measures, **squares, **others}


def models(autoencoder, denoising, masked, **others):
    return [
        row("ae", autoencoder, mask_ratio=0, sampling=None, **others),
        row("dae", denoising, noise_deviation=0.2, **others),
        row("mae", masked, mask_ratio=0.5, sampling="bernoulli", **others),
    ]


def grid(distance, share=None, **others):
    """MAE rows over m and p, from functions of both."""
    share = share or (lambda m, p: 0.5)
    return [
        row("mae", distance(m, p), p, mask_ratio=m, intra_patch_share=share(m, p), **others)
        for m in (0.1, 0.5, 0.9)
        for p in (2, 4, 8)
    ]


@pytest.mark.parametrize(
    ("denoising", "verdict"), [(2.0, HOLDS), (0.5, FAILS), (1.0, FAILS), (1.009, FAILS)]
)
def test_localized_compares_autoencoder_and_denoiser(denoising, verdict):
    tables = {"influence": models(1.0, denoising, 3.0)}
    assert influence.localized(tables).verdict == verdict


def test_localized_names_the_number_of_latents_that_decides():
    rows = models(1.0, 2.0, 3.0) + models(1.0, 0.5, 3.0, n_latents=1024)
    found = influence.localized({"influence": rows})
    assert found.verdict == CONDITIONAL
    assert "by k: always for 16, never for 1024" in found.conditions
    assert found.evidence["settings"] == 2
    assert found.evidence["settings_holding"] == 1


def test_localized_counts_an_autoencoder_that_is_the_identity():
    found = influence.localized({"influence": models(0.0, 0.5, 3.0)})
    assert found.verdict == HOLDS
    assert found.evidence["rise_of_distance_over_ae_largest"] == 1.0


def test_autoencoders_that_are_the_identity_are_counted():
    rows = models(0.0, 0.5, 3.0) + models(1.0, 2.0, 3.0, n_latents=4)
    text = "the identity (k = d) in 1 of 2"
    assert text in influence.localized({"influence": rows}).conditions
    assert text in influence.distant({"influence": rows}).conditions


def test_a_mae_that_hides_nothing_is_not_compared():
    rows = [*models(1.0, 2.0, 3.0), row("mae", 1.0, mask_ratio=0.0, sampling="bernoulli")]
    assert influence.distant({"influence": rows}).verdict == HOLDS


@pytest.mark.parametrize(("masked", "verdict"), [(3.0, HOLDS), (0.5, FAILS), (1.5, CONDITIONAL)])
def test_distant_compares_with_every_rival(masked, verdict):
    found = influence.distant({"influence": models(1.0, 2.0, masked)})
    assert found.verdict == verdict
    if verdict == CONDITIONAL:
        assert "by against: always for AE, never for DAE 0.2" in found.conditions


def test_distant_reports_what_squared_weights_say():
    rows = [{**r, "mean_distance_square": -r["mean_distance"]} for r in models(1.0, 2.0, 3.0)]
    found = influence.distant({"influence": rows})
    assert found.verdict == HOLDS
    assert found.evidence["squared_weights_holding"] == 0
    assert found.evidence["squared_weights_settings"] == 2


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [
        (lambda m, p: 1 + m, HOLDS),
        (lambda m, p: 2 - m, FAILS),
        (lambda m, p: 1.0, FAILS),
        (lambda m, p: {0.1: 1, 0.5: 3, 0.9: 2}[m], FAILS),
        (lambda m, p: 1 + m if p == 2 else 2 - m, CONDITIONAL),
    ],
)
def test_diffuse_with_mask_ratio(distance, verdict):
    found = influence.diffuse_with_mask_ratio({"influence": grid(distance)})
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [
        (lambda m, p: 1 + p, HOLDS),
        (lambda m, p: 9 - p, FAILS),
        (lambda m, p: 1 + p if m > 0.2 else 9 - p, CONDITIONAL),
    ],
)
def test_diffuse_with_patch_size(distance, verdict):
    found = influence.diffuse_with_patch_size({"influence": grid(distance)})
    assert found.verdict == verdict
    if verdict == CONDITIONAL:
        assert "by m: always for 0.5, 0.9, never for 0.1" in found.conditions


def profile(patch, far):
    """Two bins: own pixel, and farther than the diagonal of any patch."""
    start = {**SETTING, "patch": patch, "model": "mae", "mask_ratio": 0.5}
    return [
        {**start, "distance": 0, "mean_absolute": 1 - far, "n_pairs": 10},
        {**start, "distance": 20, "mean_absolute": far / 2, "n_pairs": 20},
    ]


@pytest.mark.parametrize(("shares", "verdict"), [((0.2, 0.4), HOLDS), ((0.4, 0.2), CONDITIONAL)])
def test_diffuse_with_patch_size_reads_the_share_beyond_every_patch(shares, verdict):
    profiles = profile(2, shares[0]) + profile(8, shares[1])
    tables = {"influence": grid(lambda m, p: 1 + p), "profile": profiles}
    found = influence.diffuse_with_patch_size(tables)
    assert found.verdict == verdict
    assert "share beyond every patch" in found.conditions
    assert found.evidence["settings"] == 7


@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        (lambda m, p: 1 - m - p / 100, HOLDS),
        (lambda m, p: m * p**2 / 64, FAILS),
        (lambda m, p: (1 - m) * p / 8, CONDITIONAL),
    ],
)
def test_intra_patch_share_is_judged_along_both_axes(share, verdict):
    found = influence.intra_patch({"influence": grid(lambda m, p: 1.0, share)})
    assert found.verdict == verdict
    assert found.evidence["along_m_settings"] == 3
    assert found.evidence["along_p_settings"] == 6
    if verdict == CONDITIONAL:
        assert "never for along p: share" in found.conditions


def test_intra_patch_needs_both_axes():
    rows = [r for r in grid(lambda m, p: 1.0) if r["patch"] == 2]
    assert influence.intra_patch({"influence": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(
    "judge",
    [
        influence.localized,
        influence.distant,
        influence.diffuse_with_mask_ratio,
        influence.diffuse_with_patch_size,
    ],
)
def test_a_single_autoencoder_is_not_enough(judge):
    assert judge({"influence": [row("ae", 1.0, mask_ratio=0)]}).verdict == NOT_RUN


def test_a_trend_no_larger_than_its_change_with_n_is_not_resolved():
    small = [{**r, "n": 500, "n_images": 500} for r in grid(lambda m, p: 3 - m)]
    large = grid(lambda m, p: 1 + m / 50)
    found = influence.diffuse_with_mask_ratio({"influence": small + large})
    assert found.verdict == NOT_RUN
    assert "not resolved" in found.conditions


def test_only_the_largest_n_decides():
    small = [{**r, "n": 500, "n_images": 500} for r in grid(lambda m, p: 1 + 0.9 * m)]
    found = influence.diffuse_with_mask_ratio({"influence": small + grid(lambda m, p: 1 + m)})
    assert found.verdict == HOLDS
    assert found.n == 1000
    assert "leaves (n = 1000; lossless)" in found.data
    assert "Estimation noise known in 6 of 6." in found.conditions
    assert found.evidence["settings"] == 6
    assert 0 < found.evidence["estimation_noise_largest"] < 0.1


def test_jpeg_alone_is_called_no_evidence():
    rows = [{**r, "pixels": "JPEG 4:2:0"} for r in grid(lambda m, p: 1 + m)]
    found = influence.diffuse_with_mask_ratio({"influence": rows})
    assert "JPEG" in found.conditions
    assert "JPEG 4:2:0" in found.data
    mixed = rows + grid(lambda m, p: 1 + m, dataset="other")
    assert "JPEG" not in influence.diffuse_with_mask_ratio({"influence": mixed}).conditions
