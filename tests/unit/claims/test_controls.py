"""Gains over untrained and pixel features."""

import pytest

from spatial_mae.claims.controls import controls_evidence, controls_note, gains


def controls(probe, *values, **others):
    names = ("raw_pixels", "pca", "linear_mae")
    return [
        probe(value, representation=name, epoch=None, **others)
        for name, value in zip(names, values, strict=True)
    ]


def test_gain_is_over_the_best_control(probe):
    rows = [probe(0.6), probe(0.3, epoch=0), *controls(probe, 0.4, 0.45, 0.2)]
    assert gains(rows) == [pytest.approx(0.15)]
    assert controls_note(rows).startswith("All 1 probes beat their controls")
    assert controls_evidence(rows)["gain_on_controls_smallest"] == pytest.approx(0.15)


def test_the_untrained_encoder_is_a_control_of_its_own_representation(probe):
    rows = [probe(0.6), probe(0.5, epoch=0), probe(0.9, epoch=0, representation="class_token")]
    assert gains(rows) == [pytest.approx(0.1)]


def test_controls_of_another_run_do_not_count(probe):
    rows = [probe(0.6), *controls(probe, 0.7, 0.7, 0.7, mask=0.5), probe(0.5, epoch=0)]
    assert gains(rows) == [pytest.approx(0.1)]


def test_no_gain_is_said(probe):
    rows = [probe(0.3), *controls(probe, 0.4, 0.4, 0.4)]
    assert controls_note(rows).startswith("None of 1 probes beat their best control")
    rows += [probe(0.6, seed=1), *controls(probe, 0.4, 0.4, 0.4, seed=1)]
    assert controls_note(rows).startswith("1 of 2 probes beat their best control")


def test_without_controls_the_gain_is_unknown(probe):
    assert "No controls in the tables" in controls_note([probe(0.5)])
    assert controls_evidence([probe(0.5)]) == {}
