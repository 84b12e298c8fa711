"""How seeds resolve an effect, and the verdict over them."""

import pytest

from spatial_mae.claims.seeds import across_seeds, judged
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN
from spatial_mae.tables.repeats import cells
from spatial_mae.tables.runs import completed


def rise(rows):
    """From mask ratio 0.5 to 0.75; None without both."""
    values = cells(rows, "mask")
    if len(values) < 2:
        return None
    size = values[(0.75,)] - values[(0.5,)]
    return size > 0, size


def pair(probe, size, **others):
    return [probe(0.5, mask=0.5, **others), probe(0.5 + size, mask=0.75, **others)]


@pytest.mark.parametrize(
    ("sizes", "holds", "noise"),
    [
        ((0.2,), True, None),
        ((0.2, 0.3), True, 0.1),
        ((-0.2, -0.3), False, 0.1),
        ((0.1, 0.4), None, 0.3),
        ((0.2, -0.1), None, 0.3),
    ],
)
def test_an_effect_must_exceed_the_spread_between_seeds(probe, sizes, holds, noise):
    rows = [row for seed, size in enumerate(sizes) for row in pair(probe, size, seed=seed)]
    (outcome,) = across_seeds(completed(rows), rise, ("mask",))
    assert outcome.holds is holds
    assert outcome.noise == (None if noise is None else pytest.approx(noise))
    assert outcome.size == pytest.approx(sum(sizes) / len(sizes))


def test_a_seed_without_all_choices_is_left_out(probe):
    rows = [*pair(probe, 0.1), probe(0.9, mask=0.5, seed=1)]
    (outcome,) = across_seeds(completed(rows), rise, ("mask",))
    assert (outcome.size, outcome.noise) == (pytest.approx(0.1), None)


def test_an_effect_within_the_floor_is_not_resolved(probe):
    rows = completed(pair(probe, 0.1))
    assert across_seeds(rows, rise, ("mask",), lambda group: 0.05)[0].holds is True
    assert across_seeds(rows, rise, ("mask",), lambda group: 0.2)[0].holds is None


def test_models_and_depths_are_settings_and_seeds_are_not(probe):
    rows = []
    for others in ({}, {"seed": 1}, {"model": "base"}, {"enc": 2}, {"representation": "x"}):
        rows += pair(probe, 0.1, **others)
    assert len(across_seeds(completed(rows), rise, ("mask",))) == 4


def verdict(rows):
    rows = completed(rows)
    return judged(across_seeds(rows, rise, ("mask",)), rows, needs="two ratios", size="rise")


def test_conditions_start_with_the_scale(probe):
    found = verdict(pair(probe, 0.1) + pair(probe, -0.1, enc=2))
    assert found.verdict == CONDITIONAL
    assert found.conditions.startswith("At 4 epochs of 1000 images, width 48 (the paper: 2000 ")
    assert "by encoder depth: always for 4, never for 2." in found.conditions
    assert "One seed in each setting" in found.conditions
    assert found.n == 1000


@pytest.mark.parametrize(("size", "expected"), [(0.1, HOLDS), (-0.1, FAILS)])
def test_seeds_agree(probe, size, expected):
    found = verdict(pair(probe, size) + pair(probe, size, seed=1))
    assert found.verdict == expected
    assert "Spread between seeds known in 1 of 1." in found.conditions


def test_seeds_that_disagree_are_not_run_and_say_so(probe):
    found = verdict(pair(probe, 0.1) + pair(probe, -0.1, seed=1))
    assert found.verdict == NOT_RUN
    assert "not resolved in 1: the effect is no larger than the spread" in found.conditions
    assert found.conditions.startswith("At 4 epochs")


def test_without_a_setting_the_need_is_named(probe):
    found = verdict([probe(0.5)])
    assert (found.verdict, found.conditions) == (NOT_RUN, "two ratios")
