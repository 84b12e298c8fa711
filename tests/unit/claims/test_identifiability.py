"""Judges of Theorem 2 on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import identifiability
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN

RUN = {"dataset": "tree", "model": "tiny", "training": "short", "patch": 4, "unit": 1, "enc": 2}
RUN |= {"dec": 1, "seed": 0, "mask": 0.5, "epochs": 3, "pretrain_n_train": 400, "model_width": 48}
RUN |= {"status": "completed", "n_masks": 3, "n_images": 400, "pixels": "generated"}


def row(value, role="shared", source="trained", representation="tokens", error=0.0, **others):
    key = {"source": source, "representation": representation, "readout": "linear"}
    key |= {"role": role, "level": "all", "r_squared": value, "standard_error": error}
    return {**RUN, **key, **others}


def known(value=0.8, **others):
    return row(value, source="latents", representation="mixed", **others)


def before(value=0.1, role="shared", **others):
    return row(value, role, source="untrained", **others)


def recovered(*rows):
    return identifiability.shared_information_is_recovered({"latent_recovery": rows})


def only(*rows):
    return identifiability.nothing_else_is_held({"latent_recovery": rows})


@pytest.mark.parametrize(
    ("value", "error", "verdict"),
    [
        (0.78, 0.0, HOLDS),
        (0.78, 0.02, NOT_RUN),
        (0.6, 0.0, NOT_RUN),  # training brought it nearer, but not there
        (0.2, 0.0, FAILS),
        (0.3, 0.0, FAILS),
        (0.29, 0.01, NOT_RUN),
    ],
)
def test_c_is_measured_by_what_can_be_reached_and_what_was_there_before(value, error, verdict):
    found = recovered(row(value, error=error), known(), before(0.3))
    assert found.verdict == verdict
    if verdict != NOT_RUN:
        share = found.evidence["share_of_what_can_be_reached_median"]
        assert share == pytest.approx(value / 0.8)
        assert found.evidence["untrained_r_squared_median"] == 0.3
        assert "epochs 3, images 400, width 48" in found.conditions


def test_each_mask_ratio_representation_and_readout_has_its_own_control():
    rows = [row(0.8), known(0.8), row(0.4, mask=0.75), known(0.4, mask=0.75)]
    rows += [before(), before(mask=0.75)]
    assert recovered(*rows).verdict == HOLDS
    assert recovered(*rows, row(0.3, readout="kernel")).evidence["settings"] == 2
    token = {"representation": "mean"}
    found = recovered(*rows, row(0.3, **token), before(0.4, **token))
    assert found.verdict == CONDITIONAL and found.evidence["settings"] == 3
    assert "by representation: always for tokens, never for mean" in found.conditions


def test_seeds_are_averaged():
    values = {"trained": (0.9, 0.7), "latents": (0.8, 0.8), "untrained": (0.0, 0.1)}
    makers = {"trained": row, "latents": known, "untrained": before}
    rows = [makers[s](v, seed=i) for s, pair in values.items() for i, v in enumerate(pair)]
    found = recovered(*rows)
    assert found.evidence["share_of_what_can_be_reached_smallest"] == pytest.approx(1)


def test_levels_stand_in_the_evidence():
    found = recovered(row(0.8), known(), before(), row(0.9, level=2), row(0.6, level=1))
    assert found.evidence["level_2_r_squared_median"] == 0.9
    assert found.evidence["level_1_r_squared_median"] == 0.6


def test_without_controls_or_a_completed_run_nothing_is_decided():
    assert recovered(row(0.8), before()).verdict == NOT_RUN
    assert recovered(row(0.8), known()).verdict == NOT_RUN
    assert recovered(row(0.8, status="diverged"), known(), before()).verdict == NOT_RUN
    found = recovered(row(0.8), known(), before(), row(0.1, status="diverged", mask=0.75))
    assert found.verdict == HOLDS and "Left out: 1 rows" in found.conditions


@pytest.mark.parametrize(
    ("value", "error", "verdict"),
    [(0.01, 0.0, HOLDS), (0.4, 0.0, FAILS), (0.06, 0.01, NOT_RUN), (0.0, 0.01, HOLDS)],
)
def test_nothing_of_the_visible_part_is_held(value, error, verdict):
    found = only(row(value, "visible", error=error), before(0.5, "visible"), row(-0.01, "hidden"))
    assert found.verdict == verdict
    if verdict != NOT_RUN:
        assert found.evidence["hidden_r_squared_largest"] == -0.01


def test_what_held_nothing_before_training_tells_nothing():
    assert only(row(0.01, "visible"), before(0.02, "visible")).verdict == NOT_RUN
