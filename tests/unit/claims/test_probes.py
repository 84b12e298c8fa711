"""Judges of linear probes on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import probes
from spatial_mae.claims.verdict import (
    CONDITIONAL,
    FAILS,
    HOLDS,
    INCONCLUSIVE,
    NOT_RUN,
    TOO_SMALL,
    Undecidable,
)

MASKS = (0.25, 0.5, 0.75)


@pytest.fixture
def grid(probe, repeated):
    """accuracy(patch, mask) in every cell, of three seeds."""

    def rows(accuracy, patches=(2, 4, 8), masks=(0.25, 0.75), seeds=3, **others):
        made = [probe(accuracy(p, m), patch=p, mask=m, **others) for p in patches for m in masks]
        return repeated(made, seeds=seeds)

    return rows


def claimed(p, m):
    return 0.5 + 0.1 * m - 0.01 * p


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (claimed, HOLDS),
        (lambda p, m: 0.5 - 0.1 * m - 0.01 * p, FAILS),
        (lambda p, m: 0.5 + 0.1 * m + 0.01 * p, FAILS),
        (lambda p, m: 0.6 if (p, m) == (4, 0.75) else 0.5, FAILS),
        (lambda p, m: 0.5, FAILS),
    ],
)
def test_small_patches_and_high_ratios(grid, accuracy, verdict):
    found = probes.small_patches_high_ratios({"evaluation": grid(accuracy)})
    assert found.verdict == verdict
    assert found.conditions.startswith("At 4 epochs of 1000 images")
    assert (found.scale, found.n) == ("4 epochs, width 48", 1000)
    assert "Smallest effect that matters: 1.0 points" in found.conditions


def test_one_representation_may_differ(grid):
    rows = grid(claimed) + grid(lambda p, m: 0.5 - 0.1 * m, representation="class_token")
    found = probes.small_patches_high_ratios({"evaluation": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("representation mean: best accuracy of small patches")
    assert "; representation class token: -5." in found.sentence


@pytest.mark.parametrize("missing", [(2, 0.25), (8, 0.75)])
def test_half_a_grid_decides_nothing(grid, missing):
    """The cell next to the best one was not trained: what made it best is not known."""
    rows = grid(claimed, patches=(2, 8))
    assert probes.small_patches_high_ratios({"evaluation": rows}).verdict == HOLDS
    rows = [row for row in rows if (row["patch"], row["mask"]) != missing]
    found = probes.small_patches_high_ratios({"evaluation": rows})
    assert found.verdict == NOT_RUN
    assert "on both sides of 0.5" in found.sentence


def test_a_patch_size_at_high_ratios_alone_leaves_the_full_grid_of_the_others(grid):
    """Patch 2 without low ratios says nothing of what makes it best; patches 4 and 8 decide."""
    rows = grid(lambda p, m: 0.5 + 0.1 * m - 0.02 * p)
    without = [row for row in rows if row["patch"] != 2]
    some = [row for row in rows if row["patch"] == 2 and row["mask"] >= 0.5]
    found = [probes.small_patches_high_ratios({"evaluation": t}) for t in (without + some, without)]
    assert found[0].verdict == HOLDS
    assert found[0].sentence == found[1].sentence


@pytest.mark.parametrize("change", [{"masks": (0.75, 0.9)}, {"patches": (4,)}])
def test_small_patches_need_a_grid(grid, change):
    rows = grid(lambda p, m: 0.5, **change)
    assert probes.small_patches_high_ratios({"evaluation": rows}).verdict == NOT_RUN


@pytest.mark.parametrize("change", [{"n_test": 100}, {"seeds": 1}])
def test_few_test_images_and_one_seed_resolve_nothing(grid, change):
    rows = grid(lambda p, m: 0.5 + 0.02 * m - 0.001 * p, **change)
    assert probes.small_patches_high_ratios({"evaluation": rows}).verdict == INCONCLUSIVE


def test_controls_that_do_better_leave_nothing_to_judge(grid):
    rows = grid(claimed)
    pixels = [{**r, "representation": "pca", "epoch": None, "value": 0.7} for r in rows]
    found = probes.small_patches_high_ratios({"evaluation": [*rows, *pixels]})
    assert (found.verdict, found.evidence) == (TOO_SMALL, {})


def test_no_number_is_no_accuracy(grid):
    rows = grid(claimed)
    rows[0]["value"] = float("nan")
    with pytest.raises(Undecidable, match="value is nan in 1 of 18 rows"):
        probes.small_patches_high_ratios({"evaluation": rows})


def test_a_row_alone_or_a_diverged_grid_is_no_grid(grid):
    rows = grid(claimed)
    for table in (rows[:1], [{**row, "status": "diverged"} for row in rows]):
        for judge in (
            probes.small_patches_high_ratios,
            probes.best_ratio_falls_with_patch_size,
            probes.two_to_four_decoder_layers,
            probes.probe_still_rises,
        ):
            assert judge({"evaluation": table}).verdict == NOT_RUN


def peak(best):
    """Accuracy with its maximum at mask ratio best(patch)."""
    return lambda p, m: 0.5 - (m - best(p)) ** 2


@pytest.mark.parametrize(
    ("best", "verdict"),
    [
        ({2: 0.75, 4: 0.5, 8: 0.25}, HOLDS),
        ({2: 0.75, 4: 0.75, 8: 0.5}, HOLDS),
        ({2: 0.5, 4: 0.5, 8: 0.5}, FAILS),
        ({2: 0.25, 4: 0.5, 8: 0.75}, FAILS),
        ({2: 0.5, 4: 0.75, 8: 0.25}, HOLDS),  # of the smallest and the largest patch
    ],
)
def test_the_best_ratio_falls_with_patch_size(grid, best, verdict):
    rows = grid(peak(best.get), masks=MASKS)
    assert probes.best_ratio_falls_with_patch_size({"evaluation": rows}).verdict == verdict


def test_the_largest_common_grid_is_compared(grid):
    """Two ratios of the smallest patch, of one seed, hide neither ratios nor seeds of the rest."""
    best = {2: 0.75, 4: 0.5, 8: 0.25}
    rows = grid(peak(best.get), (4, 8), (0.25, 0.5, 0.75, 0.9))
    rows += grid(peak(best.get), (2,), (0.75, 0.9), seeds=1)
    found = probes.best_ratio_falls_with_patch_size({"evaluation": rows})
    assert found.verdict == HOLDS
    assert found.evidence["estimate"] == pytest.approx(0.0625, abs=0.02)
    assert "Repeats (seed) in a setting: 3." in found.conditions


@pytest.mark.parametrize("masks", [(0.25, 0.5), (0.5, 0.75, 0.9)])
def test_patches_without_two_common_ratios_are_not_compared(grid, masks):
    rows = grid(peak({4: 0.5}.get), (4,), (0.5, 0.6)) + grid(peak({8: 0.5}.get), (8,), masks)
    assert probes.best_ratio_falls_with_patch_size({"evaluation": rows}).verdict == NOT_RUN


def test_a_shift_smaller_than_the_test_error_is_not_resolved(grid):
    rows = grid(lambda p, m: 0.5 + 0.001 * m * (4 - p), masks=MASKS, n_test=1000)
    assert probes.best_ratio_falls_with_patch_size({"evaluation": rows}).verdict == INCONCLUSIVE


def test_fine_tuning_counts_as_the_probe_does(grid, tuning, repeated):
    best = {2: 0.75, 4: 0.5, 8: 0.25}
    tables = {"evaluation": grid(peak(best.get), masks=MASKS)}
    made = [tuning(0.5 - (m - 0.5) ** 2, patch=p, mask=m) for p in best for m in MASKS]
    tables["fine_tuning"] = repeated(made, "accuracy")
    found = probes.best_ratio_falls_with_patch_size(tables)
    assert (found.verdict, found.evidence["settings"]) == (CONDITIONAL, 2)
    assert "At 4 epochs of 1000 images, then 2 of fine-tuning" in found.conditions
    assert found.scale == "4 epochs, width 48"
    assert found.sentence.startswith("protocol linear probe: accuracy by which")


@pytest.fixture
def decoders(probe, repeated):
    def rows(accuracy, depths=(1, 2, 4, 8), encoders=(2, 4)):
        return repeated([probe(accuracy[d], dec=d, enc=e) for d in depths for e in encoders])

    return rows


BEST_IN_THE_MIDDLE = {1: 0.4, 2: 0.5, 4: 0.45, 8: 0.4}


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (BEST_IN_THE_MIDDLE, HOLDS),
        ({1: 0.6, 2: 0.5, 4: 0.45, 8: 0.4}, FAILS),
        ({1: 0.4, 2: 0.5, 4: 0.55, 8: 0.6}, FAILS),
        (dict.fromkeys((1, 2, 4, 8), 0.5), FAILS),
    ],
)
def test_two_to_four_decoder_layers(decoders, accuracy, verdict):
    found = probes.two_to_four_decoder_layers({"evaluation": decoders(accuracy)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)


@pytest.mark.parametrize(
    ("depths", "word"), [((1, 2, 4), "no deeper decoder"), ((2, 8), "no shallower decoder")]
)
def test_decoders_of_one_side_can_refute_but_not_show_an_optimum(decoders, depths, word):
    found = probes.two_to_four_decoder_layers({"evaluation": decoders(BEST_IN_THE_MIDDLE, depths)})
    assert found.verdict == INCONCLUSIVE
    assert word in found.sentence
    flat = decoders({1: 0.6, 2: 0.5, 4: 0.5, 8: 0.6}, depths)
    assert probes.two_to_four_decoder_layers({"evaluation": flat}).verdict == FAILS


def test_other_settings_do_not_supply_the_missing_side(decoders):
    rows = decoders(BEST_IN_THE_MIDDLE, (1, 2), (2,)) + decoders(BEST_IN_THE_MIDDLE, (4, 8), (4,))
    found = probes.two_to_four_decoder_layers({"evaluation": rows})
    assert found.verdict == INCONCLUSIVE
    assert "no deeper or no shallower decoder" in found.sentence


def test_settings_with_both_sides_decide_where_there_are_any(decoders):
    rows = decoders(BEST_IN_THE_MIDDLE, encoders=(2,)) + decoders(BEST_IN_THE_MIDDLE, (1, 2), (4,))
    found = probes.two_to_four_decoder_layers({"evaluation": rows})
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 1)


def test_decoders_need_one_in_the_range_and_one_outside(decoders):
    rows = decoders({2: 0.5, 4: 0.4}, (2, 4))
    assert probes.two_to_four_decoder_layers({"evaluation": rows}).verdict == NOT_RUN


@pytest.fixture
def curve(probe, repeated):
    def rows(accuracy, checkpoints=(0, 10, 15, 20), **others):
        made = [probe(accuracy(e), epoch=e, epochs=20, **others) for e in checkpoints]
        return repeated(made, noise=0.001)

    return rows


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (lambda e: 0.3 + 0.01 * e, HOLDS),
        (lambda e: 0.3 + 0.01 * min(e, 15), FAILS),
        (lambda e: 0.3 + 0.03 * min(e, 12), FAILS),
        (lambda e: 0.5 - 0.01 * abs(e - 14), FAILS),
    ],
)
def test_the_probe_still_rises(curve, accuracy, verdict):
    found = probes.probe_still_rises({"evaluation": curve(accuracy)})
    assert found.verdict == verdict
    assert found.scale == "20 epochs, width 48"


def test_a_network_no_better_than_before_training_shows_no_rise(curve):
    rows = curve(lambda e: 0.6 if e == 0 else 0.3 + 0.01 * e)
    assert probes.probe_still_rises({"evaluation": rows}).verdict == TOO_SMALL


def test_late_epochs_must_be_late(curve):
    rows = curve(lambda e: 0.3 + 0.01 * e, (0, 5, 20))
    found = probes.probe_still_rises({"evaluation": rows})
    assert found.verdict == NOT_RUN
    assert "checkpoints: all" in found.sentence


@pytest.mark.parametrize(
    ("accuracy", "noise", "verdict"),
    [
        (lambda enc: 0.4 + 0.03 * enc, 0.002, HOLDS),
        (lambda enc: 0.6 - 0.03 * enc, 0.002, FAILS),
        (lambda enc: 0.5, 0.002, FAILS),
        (lambda enc: {1: 0.4, 2: 0.6, 4: 0.45}[enc], 0.002, FAILS),
        (lambda enc: 0.4 + 0.005 * enc, 0.1, INCONCLUSIVE),
    ],
)
def test_deeper_encoders_probe_better(probe, repeated, accuracy, noise, verdict):
    made = [probe(accuracy(enc), enc=enc, dec=dec) for enc in (1, 2, 4) for dec in (1, 2)]
    found = probes.deeper_encoders_probe_better({"evaluation": repeated(made, noise=noise)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)
    assert found.scale == "4 epochs, width 48"


def test_encoders_with_other_decoders_are_not_compared(probe, repeated):
    made = [probe(0.4 + 0.03 * enc, enc=enc, dec=enc) for enc in (1, 2, 4)]
    found = probes.deeper_encoders_probe_better({"evaluation": repeated(made)})
    assert found.verdict == NOT_RUN
