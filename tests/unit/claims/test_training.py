"""Judges of the paper's training settings."""

import pytest

from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.training import AMONG, SETTINGS
from spatial_mae.claims.verdict import CONDITIONAL, HOLDS, NOT_RUN, SETTING


def claim(tables, identity):
    return judge_statement({"id": identity}, tables)


@pytest.mark.parametrize("identity", SETTINGS)
def test_settings(probe, tuning, identity):
    kind, wanted = SETTINGS[identity]
    row = (tuning if kind == "fine_tuning" else probe)(0.5, space="pca")
    row |= AMONG.get(identity, {})
    same, other = {**row, **wanted}, {**row, **dict.fromkeys(wanted, 7)}
    found = claim({kind: [same]}, identity)
    assert (found.verdict, found.role) == (HOLDS, SETTING)
    assert claim({kind: [same, {**other, "seed": 1}]}, identity).verdict == CONDITIONAL
    found = claim({kind: [other]}, identity)
    assert (found.verdict, found.role) == (NOT_RUN, SETTING)
    assert "7 (the paper: " in found.conditions


TABLE_5 = [{"patch": 8, "batch_size": 1}, {"patch": 16, "batch_size": 2}]
TABLE_5.append({"patch": 32, "batch_size": 2})


@pytest.mark.parametrize(
    ("runs", "verdict", "says"),
    [
        (TABLE_5, HOLDS, "batch size 1 (the paper: 1)"),
        ([*TABLE_5, {"patch": 8, "unit": 2, "batch_size": 2}], HOLDS, "batch size 1 "),
        ([*TABLE_5, {"patch": 8, "seed": 1, "batch_size": 4}], CONDITIONAL, "batch size 1, 4 "),
        ([*TABLE_5[1:], {"patch": 8, "batch_size": 2}], NOT_RUN, "batch size 2 (the paper: 1)"),
        (TABLE_5[1:], NOT_RUN, "patch 16, 32 (the paper: 8), unit 1 (the paper: 1)"),
    ],
)
def test_the_batch_of_one_is_that_of_patch_8_alone(probe, runs, verdict, says):
    """Table 5 has one batch size for patches of 16 and 32, and another for 8."""
    found = claim({"detection": [probe(0.3, **run) for run in runs]}, "kong.batch1")
    assert found.verdict == verdict
    assert says in found.conditions


def test_a_setting_has_the_scale_of_its_own_paper(probe):
    scales = {"kong.tsne": "Kong et al.: 800 epochs", "train.2000": "the paper: 2000 epochs of"}
    for identity, scale in scales.items():
        kind, wanted = SETTINGS[identity]
        assert scale in claim({kind: [probe(0.5, space="pca", **wanted)]}, identity).conditions


def test_a_column_the_tables_lack_is_not_guessed(probe):
    found = claim({"evaluation": [probe(0.5, epochs=2000)]}, "train.2000")
    assert found.verdict == CONDITIONAL
    assert "as far as the tables say" in found.sentence
    assert "Not in the tables: warmup epochs." in found.conditions
    found = claim({"evaluation": [probe(0.5)]}, "train.bs")
    assert found.verdict == NOT_RUN
    assert found.conditions == "Not in the tables: batch size, weight decay."


def test_controls_are_in_no_setting(probe):
    rows = [probe(0.5, model_width=192, encoder_heads=12, decoder_heads=16)]
    rows.append(probe(0.3, representation="pca", epoch=None, epochs=None, model_width=48))
    assert claim({"evaluation": rows}, "arch.dim").verdict == HOLDS


def test_diverged_runs_are_in_no_setting(probe):
    rows = [probe(0.5, epochs=2000, status="diverged")]
    assert claim({"evaluation": rows}, "train.2000").verdict == NOT_RUN


RATIOS = (0.1, 0.25, 0.5, 0.75, 0.9)


@pytest.mark.parametrize("kind", ["evaluation", "unmasked"])
@pytest.mark.parametrize(("masks", "verdict"), [(RATIOS, CONDITIONAL), (RATIOS[1:], NOT_RUN)])
def test_ratios_of_one_grid(probe, kind, masks, verdict):
    rows = [probe(0.5, mask=m) for m in masks] + [probe(0.5, mask=0.1, enc=2)]
    found = claim({kind: rows}, "kong.ratios")
    assert (found.verdict, found.role) == (verdict, SETTING)
    if verdict == CONDITIONAL:
        assert "4 epochs, width 48, images of 32 pixels" in found.conditions


@pytest.mark.parametrize(("units", "verdict"), [((1, 2, 4), CONDITIONAL), ((1, 2), NOT_RUN)])
def test_mask_units_are_counted_in_pixels(probe, units, verdict):
    rows = [probe(0.5, patch=8, unit=unit) for unit in units]
    assert claim({"evaluation": rows}, "kong.patches").verdict == verdict
