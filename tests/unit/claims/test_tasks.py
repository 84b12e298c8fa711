"""Judges of the Gabor and depth tasks on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import tasks
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN

DATA = {"dataset": "leaves", "n_images": 1000, "pixels": "lossless", "patch": 4}


def gabor(error, masks=(0.1, 0.9), scales=(1, 4), **others):
    """Rows over mask ratio (0: the AE) and scale, errors from a function of both."""
    return [
        {
            **DATA,
            "reading": "window",
            "readout": "free",
            "input": "whole",
            "n_latents": 16,
            "model": "mae" if m else "ae",
            "mask_ratio": m,
            "scale": scale,
            "frequency": 1.0,
            "orientation": angle,
            "error": error(m, scale),
            **others,
        }
        for m in (0, *masks)
        for scale in scales
        for angle in (0, 90)
    ]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (lambda m, s: 0.5 - 0.1 * m * (s > 1), HOLDS),
        (lambda m, s: 0.5 + 0.1 * m * (s > 1), FAILS),
        (lambda m, s: 0.5 - 0.1 * m * (s == 1), FAILS),
        (lambda m, s: 0.5 - 0.001 * m, FAILS),
    ],
)
def test_high_mask_ratios_win_at_the_largest_scale(error, verdict):
    assert tasks.high_mask_ratios_win({"gabor": gabor(error)}).verdict == verdict


def test_high_mask_ratios_may_win_for_one_readout_only():
    rows = gabor(lambda m, s: 0.5 - 0.1 * m)
    rows += gabor(lambda m, s: 0.5 + 0.1 * m, readout="ridge")
    found = tasks.high_mask_ratios_win({"gabor": rows})
    assert found.verdict == CONDITIONAL
    assert "by readout: always for free, never for ridge" in found.conditions
    assert found.evidence["settings_with_gain_at_smallest_scale"] == 1


@pytest.mark.parametrize("change", [{"masks": (0.1, 0.4)}, {"scales": (1,)}])
def test_high_mask_ratios_need_both_sides_and_two_scales(change):
    rows = gabor(lambda m, s: 0.5, **change)
    assert tasks.high_mask_ratios_win({"gabor": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (lambda m, s: 0.5 - 0.3 * m * (s > 1), HOLDS),
        (lambda m, s: 0.5 - 0.3 * m, FAILS),
        (lambda m, s: 0.001 + 0.009 * m, HOLDS),
        (lambda m, s: 0.5, HOLDS),
    ],
)
def test_similar_at_small_scale(error, verdict):
    assert tasks.similar_at_small_scale({"gabor": gabor(error)}).verdict == verdict


def test_similar_at_small_scale_in_one_reading_only():
    rows = gabor(lambda m, s: 0.5) + gabor(lambda m, s: 0.5 - 0.3 * m, reading="wavelet")
    assert tasks.similar_at_small_scale({"gabor": rows}).verdict == CONDITIONAL


def test_similar_needs_two_models():
    rows = [row for row in gabor(lambda m, s: 0.5) if row["model"] == "ae"]
    assert tasks.similar_at_small_scale({"gabor": rows}).verdict == NOT_RUN


def depth(gain, latents=(16,), level=0.5, **others):
    """AE error at the level; MAE error less by the gain, a function of patch and k."""
    settings = {**DATA, "target": "depth", "readout": "free", "input": "whole", **others}
    rows = []
    for patch in (2, 4, 8):
        for k in latents:
            start = {**settings, "patch": patch, "n_latents": k}
            rows.append({**start, "model": "ae", "mask_ratio": 0, "error": level})
            masked = {"model": "mae", "mask_ratio": 0.5, "sampling": "bernoulli"}
            rows.append({**start, **masked, "error": level - gain(patch, k)})
    return rows


@pytest.mark.parametrize(
    ("gain", "verdict"),
    [
        (lambda p, k: 0.1, HOLDS),
        (lambda p, k: -0.1, FAILS),
        (lambda p, k: 0.1 if p < 8 else 0.0, FAILS),
        (lambda p, k: 0.004, FAILS),
    ],
)
def test_all_patches_beat_the_autoencoder(gain, verdict):
    assert tasks.all_patches_beat_autoencoder({"depth": depth(gain)}).verdict == verdict


def test_only_few_latents_decide():
    rows = depth(lambda p, k: 0.1 if k == 16 else -0.1, latents=(16, 64, 65, 256))
    found = tasks.all_patches_beat_autoencoder({"depth": rows})
    assert found.verdict == CONDITIONAL
    assert "by k: always for 16, never for 64" in found.conditions
    assert found.evidence["many_latents_settings"] == 2
    assert found.evidence["many_latents_holding"] == 0


def test_a_target_that_no_model_explains_decides_nothing():
    learnt = depth(lambda p, k: 0.1)
    hopeless = depth(lambda p, k: -0.1, level=0.985, target="disparity")
    found = tasks.all_patches_beat_autoencoder({"depth": learnt + hopeless})
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 1)
    found = tasks.all_patches_beat_autoencoder({"depth": hopeless})
    assert found.verdict == NOT_RUN
    assert "explain 2% of the target" in found.conditions


def test_many_latents_alone_are_not_run():
    rows = depth(lambda p, k: 0.1, latents=(256,))
    assert tasks.all_patches_beat_autoencoder({"depth": rows}).verdict == NOT_RUN


def profile(side, colour="luma"):
    """The pairs of an image, in two bins; three channels make nine times as many."""
    pairs = side**4 * (9 if colour == "rgb" else 1)
    start = {"dataset": "leaves", "colour": colour, "model": "ae", "n_images": 10}
    near = {**start, "distance": 0, "n_pairs": pairs // 4}
    return [near, {**start, "distance": 1, "n_pairs": pairs - pairs // 4}]


@pytest.mark.parametrize(
    ("tables", "verdict"),
    [
        ({}, NOT_RUN),
        ({"profile": profile(32)}, HOLDS),
        ({"profile": profile(32, "rgb")}, HOLDS),
        ({"profile": profile(16)}, NOT_RUN),
    ],
)
def test_resolution_is_read_from_the_pairs_of_a_profile(tables, verdict):
    tables = {"depth": depth(lambda p, k: 0.1), **tables}
    assert tasks.depth_resolution(tables).verdict == verdict


@pytest.mark.parametrize(("side", "verdict"), [(32, HOLDS), (64, NOT_RUN)])
def test_resolution_is_read_from_the_table_where_it_stands(side, verdict):
    rows = depth(lambda p, k: 0.1, height=side, width=side)
    assert tasks.depth_resolution({"depth": rows}).verdict == verdict
