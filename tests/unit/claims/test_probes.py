"""Judges of linear probes on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import probes
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN


def grid(probe, accuracy, patches=(2, 4, 8), masks=(0.25, 0.75), seeds=(0,), **others):
    return [
        probe(accuracy(p, m), patch=p, mask=m, seed=seed, **others)
        for p in patches
        for m in masks
        for seed in seeds
    ]


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (lambda p, m: 0.5 + 0.1 * m - 0.01 * p, HOLDS),
        (lambda p, m: 0.5 - 0.1 * m - 0.01 * p, FAILS),
        (lambda p, m: 0.5 + 0.1 * m + 0.01 * p, FAILS),
        (lambda p, m: 0.6 if (p, m) == (4, 0.75) else 0.5, FAILS),
    ],
)
def test_small_patches_and_high_ratios(probe, accuracy, verdict):
    found = probes.small_patches_high_ratios({"evaluation": grid(probe, accuracy)})
    assert found.verdict == verdict
    assert found.conditions.startswith("At 4 epochs of 1000 images")
    assert "No controls in the tables" in found.conditions


def test_one_representation_may_differ(probe):
    rows = grid(probe, lambda p, m: 0.5 + 0.1 * m - 0.01 * p)
    rows += grid(probe, lambda p, m: 0.5 - 0.1 * m, representation="class_token")
    found = probes.small_patches_high_ratios({"evaluation": rows})
    assert found.verdict == CONDITIONAL
    assert "always for mean, never for class_token" in found.conditions


@pytest.mark.parametrize(
    ("missing", "word"),
    [((2, 0.25), "lower ones were not tried"), ((8, 0.75), "higher ones were not tried")],
)
def test_half_a_grid_never_holds_without_condition(probe, missing, word):
    """Only one of the sizes and ratios that the best cell should beat was trained."""
    rows = grid(probe, lambda p, m: 0.5 + 0.1 * m - 0.01 * p, patches=(2, 8))
    full = probes.small_patches_high_ratios({"evaluation": rows})
    assert (full.verdict, "not tried" in full.conditions) == (HOLDS, False)
    rows = [row for row in rows if (row["patch"], row["mask"]) != missing]
    found = probes.small_patches_high_ratios({"evaluation": rows})
    assert found.verdict == CONDITIONAL
    assert word in found.conditions
    assert "Patch sizes 2, 8; mask ratios 0.25, 0.75." in found.conditions


def test_half_a_grid_can_still_fail(probe):
    rows = grid(probe, lambda p, m: 0.5 - 0.1 * m, patches=(2, 8))
    rows = [row for row in rows if (row["patch"], row["mask"]) != (2, 0.25)]
    assert probes.small_patches_high_ratios({"evaluation": rows}).verdict == FAILS


@pytest.mark.parametrize("change", [{"masks": (0.75, 0.9)}, {"patches": (4,)}])
def test_small_patches_need_a_grid(probe, change):
    rows = grid(probe, lambda p, m: 0.5, **change)
    assert probes.small_patches_high_ratios({"evaluation": rows}).verdict == NOT_RUN


def test_few_test_images_resolve_nothing(probe):
    rows = grid(probe, lambda p, m: 0.5 + 0.02 * m - 0.001 * p, n_test=100)
    found = probes.small_patches_high_ratios({"evaluation": rows})
    assert found.verdict == NOT_RUN
    assert "not resolved" in found.conditions


def peak(best):
    """Accuracy with its maximum at mask ratio best(patch)."""
    return lambda p, m: 0.5 - (m - best(p)) ** 2


MASKS = (0.25, 0.5, 0.75)


@pytest.mark.parametrize(
    ("best", "verdict"),
    [
        ({2: 0.75, 4: 0.5, 8: 0.25}, HOLDS),
        ({2: 0.75, 4: 0.75, 8: 0.5}, HOLDS),
        ({2: 0.5, 4: 0.5, 8: 0.5}, FAILS),
        ({2: 0.25, 4: 0.5, 8: 0.75}, FAILS),
        ({2: 0.5, 4: 0.75, 8: 0.25}, FAILS),
    ],
)
def test_the_best_ratio_falls_with_patch_size(probe, best, verdict):
    rows = grid(probe, peak(best.get), masks=MASKS)
    found = probes.best_ratio_falls_with_patch_size({"evaluation": rows})
    assert found.verdict == verdict
    assert (found.evidence["accuracy_behind_shift_median"] > 0) == (verdict == HOLDS)


def test_the_largest_common_grid_is_compared(probe):
    """Two ratios of the smallest patch, of one seed, hide neither ratios nor seeds of the rest."""
    best = {2: 0.75, 4: 0.5, 8: 0.25}
    rows = grid(probe, peak(best.get), (4, 8), (0.25, 0.5, 0.75, 0.9), seeds=(0, 1))
    rows += grid(probe, peak(best.get), (2,), (0.75, 0.9))
    found = probes.best_ratio_falls_with_patch_size({"evaluation": rows})
    assert found.verdict == HOLDS
    assert "Patch sizes 4, 8; mask ratios 0.25, 0.5, 0.75, 0.9." in found.conditions
    assert "Spread between seeds known in 1 of 1." in found.conditions


@pytest.mark.parametrize("masks", [(0.25, 0.5), (0.5, 0.75, 0.9)])
def test_patches_without_two_common_ratios_are_not_compared(probe, masks):
    rows = grid(probe, peak({4: 0.5}.get), (4,), (0.5, 0.6))
    rows += grid(probe, peak({8: 0.5}.get), (8,), masks)
    assert probes.best_ratio_falls_with_patch_size({"evaluation": rows}).verdict == NOT_RUN


def test_a_shift_smaller_than_the_test_error_is_not_resolved(probe):
    rows = grid(probe, lambda p, m: 0.5 + 0.001 * m * (4 - p), masks=MASKS, n_test=1000)
    assert probes.best_ratio_falls_with_patch_size({"evaluation": rows}).verdict == NOT_RUN


def test_fine_tuning_counts_beside_the_probe(probe, tuning):
    best = {2: 0.75, 4: 0.5, 8: 0.25}
    tables = {"evaluation": grid(probe, peak(best.get), masks=MASKS)}
    tables["fine_tuning"] = [
        tuning(0.5 - (m - 0.5) ** 2, patch=p, mask=m) for p in best for m in MASKS
    ]
    found = probes.best_ratio_falls_with_patch_size(tables)
    assert (found.verdict, found.evidence["settings"]) == (CONDITIONAL, 2)
    assert "then 2 of fine-tuning" in found.conditions


def decoders(probe, accuracy, depths=(1, 2, 4, 8)):
    return [probe(accuracy[depth], dec=depth, enc=e) for depth in depths for e in (2, 4)]


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        ({1: 0.4, 2: 0.5, 4: 0.45, 8: 0.4}, HOLDS),
        ({1: 0.6, 2: 0.5, 4: 0.45, 8: 0.4}, FAILS),
        ({1: 0.4, 2: 0.5, 4: 0.55, 8: 0.6}, FAILS),
    ],
)
def test_two_to_four_decoder_layers(probe, accuracy, verdict):
    found = probes.two_to_four_decoder_layers({"evaluation": decoders(probe, accuracy)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)
    assert "an optimum beyond" not in found.conditions


@pytest.mark.parametrize(("depths", "word"), [((1, 2, 4), "No deeper"), ((2, 8), "No shallower")])
def test_a_one_sided_comparison_is_said(probe, depths, word):
    rows = decoders(probe, {1: 0.4, 2: 0.5, 4: 0.45, 8: 0.4}, depths)
    found = probes.two_to_four_decoder_layers({"evaluation": rows})
    assert found.verdict == CONDITIONAL
    assert word in found.conditions


def test_other_settings_do_not_supply_the_missing_side(probe):
    accuracy = {1: 0.4, 2: 0.5, 4: 0.45, 8: 0.4}
    rows = [probe(accuracy[d], dec=d, enc=2) for d in (1, 2)]
    rows += [probe(accuracy[d], dec=d, enc=4) for d in (4, 8)]
    found = probes.two_to_four_decoder_layers({"evaluation": rows})
    assert found.verdict == CONDITIONAL
    assert "No deeper" in found.conditions
    assert "No shallower" in found.conditions


def test_decoders_need_one_in_the_range_and_one_outside(probe):
    rows = decoders(probe, {2: 0.5, 4: 0.4}, (2, 4))
    assert probes.two_to_four_decoder_layers({"evaluation": rows}).verdict == NOT_RUN


def epochs(probe, accuracy, checkpoints=(0, 10, 15, 20)):
    return [probe(accuracy(e), epoch=e, epochs=20) for e in checkpoints]


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [
        (lambda e: 0.3 + 0.01 * e, HOLDS),
        (lambda e: 0.3 + 0.01 * min(e, 15), FAILS),
        (lambda e: 0.5 - 0.01 * e, FAILS),
    ],
)
def test_the_probe_still_rises(probe, accuracy, verdict):
    found = probes.probe_still_rises({"evaluation": epochs(probe, accuracy)})
    # No rise at all is within the standard error: not resolved rather than a failure.
    assert found.verdict == (NOT_RUN if accuracy(20) == accuracy(15) else verdict)
    assert found.conditions.startswith("At 20 epochs")


def test_late_epochs_must_be_late(probe):
    rows = epochs(probe, lambda e: 0.3 + 0.01 * e, (0, 5, 20))
    found = probes.probe_still_rises({"evaluation": rows})
    assert found.verdict == NOT_RUN
    assert "checkpoints: all" in found.conditions
