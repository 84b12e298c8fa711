"""The judge of the linear approximation on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.taylor import valid_for_small_masks_only
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN


def taylor(error, masks=(0.05, 0.1, 0.5, 0.9), standard_error=0.0, **others):
    start = {"lemma": 4, "input_scale": 1.0, "measured": 1.0, "standard_error": standard_error}
    return [{**start, "mask_ratio": m, "predicted": 1 + error(m), **others} for m in masks]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (lambda m: m**2, HOLDS),
        (lambda m: 0.0, FAILS),
        (lambda m: 0.5, FAILS),
        (lambda m: -(m**2), HOLDS),
        (lambda m: 0.099 if m < 0.2 else 0.101, HOLDS),
    ],
)
def test_valid_for_small_masks_only(error, verdict):
    assert valid_for_small_masks_only({"taylor": taylor(error)}).verdict == verdict


def test_errors_within_two_standard_errors_do_not_count():
    rows = taylor(lambda m: 0.3 * m, standard_error=0.2)
    assert valid_for_small_masks_only({"taylor": rows}).verdict == FAILS


def test_input_scale_may_decide():
    rows = taylor(lambda m: m**2) + taylor(lambda m: 0.0, input_scale=0.01)
    found = valid_for_small_masks_only({"taylor": rows})
    assert found.verdict == CONDITIONAL
    assert "by input scale: always for 1, never for 0.01" in found.conditions
    assert found.evidence["lemma_4_small_m_valid"] == 4


@pytest.mark.parametrize("masks", [(0.05,), (0.5, 0.9), (0.2, 0.9)])
def test_needs_small_and_large_masks(masks):
    rows = taylor(lambda m: m**2, masks)
    assert valid_for_small_masks_only({"taylor": rows}).verdict == NOT_RUN
