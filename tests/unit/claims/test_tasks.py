"""Judges of Gabor features and depth on made tables of gains with standard errors."""

import pytest

from spatial_mae.claims import tasks as judges
from spatial_mae.claims.verdict import SETTING

BASE = {"dataset": "leaves", "n_images": 1000, "pixels": "lossless", "colour": "luma"}
BASE |= {"patch": 8, "n_latents": 16, "model": "mae", "input": "whole", "readout": "free"}


def gain(value, error=0.002, **others):
    start = {"reading": "window", "scale": 32, "frequency": 1.6, "orientation": 0, "error": 0.5}
    start |= {"against": "low m", "mask_ratio": None}
    return {**BASE, **start, "gain": value, "standard_error": error, **others}


@pytest.mark.parametrize(
    ("value", "error", "verdict"),
    [
        (0.05, 0.002, "holds"),
        (-0.05, 0.002, "fails"),
        (0.003, 0.0005, "fails"),  # there, and less than a point
        (0.05, 0.05, "inconclusive"),
    ],
)
def test_high_mask_ratios_win_at_the_largest_scale(value, error, verdict):
    rows = [gain(value, error), gain(-0.5, scale=1), gain(0.5, against="AE", mask_ratio=0.9)]
    assert judges.high_mask_ratios_win({"gabor_map": rows}).verdict == verdict


def test_the_frequency_is_named_where_it_decides():
    rows = [gain(0.05, frequency=w) for w in (1.6, 2.0)] + [gain(-0.03, frequency=0.5)]
    found = judges.high_mask_ratios_win({"gabor_map": rows})
    assert found.verdict == "holds-under-conditions"
    assert found.sentence.startswith("frequency 1.6, 2: variance of the largest Gabors")
    assert "frequency 0.5: -3.0 points" in found.sentence


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [((0.001, -0.001), "holds"), ((0.05, 0.001), "fails"), ((0.001, 0.009), "inconclusive")],
)
def test_models_are_alike_at_the_smallest_scale(gains, verdict):
    rows = [
        gain(value, against="AE", mask_ratio=m, scale=1)
        for m, value in zip((0.25, 0.75), gains, strict=True)
    ]
    assert judges.similar_at_small_scale({"gabor_map": rows}).verdict == verdict


def depth(value, error=0.002, **others):
    start = {"target": "depth", "mask_ratio": 0.5, "error": 0.4, "rmse": 1.0, "height": 32}
    start |= {"width": 32, "n_train": 200, "n_test": 50, "ridge_chosen": None}
    return {**BASE, **start, "gain": value, "standard_error": error, **others}


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ({4: 0.05, 8: 0.04}, "holds"),
        ({4: 0.05, 8: -0.04}, "fails"),  # of all patch sizes the worst counts
        ({4: -0.05, 8: -0.04}, "fails"),
    ],
)
def test_every_patch_size_beats_the_autoencoder(gains, verdict):
    rows = [depth(value, patch=p) for p, value in gains.items()]
    assert judges.all_patches_beat_autoencoder({"depth": rows}).verdict == verdict


def test_depth_is_judged_with_few_latents_and_where_it_can_be_learned():
    many, blind = depth(0.05, n_latents=256), depth(0.001, error=0.995)
    for row in (many, {**blind, "error": 0.995}):
        assert judges.all_patches_beat_autoencoder({"depth": [row]}).verdict == "not-run"


def test_the_resolution_is_a_setting():
    found = judges.depth_resolution({"depth": [depth(0.1)]})
    assert (found.verdict, found.role) == ("holds", SETTING)
    other = judges.depth_resolution({"depth": [depth(0.1, height=64, width=64)]})
    assert (other.verdict, other.role) == ("not-run", SETTING)
