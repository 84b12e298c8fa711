"""Judges of the spatial entropy on tables made so that the answer is known."""

from math import log

import pytest

from spatial_mae.claims.jacobian_rows import common_grid, counted, less
from spatial_mae.claims.jacobians import (
    entropy_rises_with_patch_size,
    mask_ratio_matters_much_less,
)
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN

CONVENTION = {"measure": "entropy", "power": 1, "channels": "sum", "base": "e", "normalised": "no"}
SPREAD = {"measure": "spread", "base": None, "normalised": None}


@pytest.fixture
def table(jacobian):
    """Rows of entropy(patch, mask) on a grid of patch sizes, mask ratios and seeds."""

    def rows(entropy, patches=(2, 4, 8), masks=(0.25, 0.5, 0.75), seeds=(0,), **others):
        return [
            jacobian(entropy(p, m), patch=p, mask=m, seed=seed, **{**CONVENTION, **others})
            for p in patches
            for m in masks
            for seed in seeds
        ]

    return rows


def rising(patch, mask):
    return 4 + 0.2 * log(patch) + 0.01 * mask


def flat(patch, mask):
    return 4 + 0.01 * mask


@pytest.mark.parametrize(
    ("entropy", "verdict"),
    [
        (rising, HOLDS),
        (flat, FAILS),
        (lambda p, m: 5 - 0.2 * log(p), FAILS),
        (lambda p, m: {2: 4.0, 4: 5.0, 8: 4.5}[p], FAILS),
        (lambda p, m: rising(p, m) if m > 0.5 else flat(p, m), CONDITIONAL),
    ],
)
def test_entropy_rises_with_patch_size(table, entropy, verdict):
    found = entropy_rises_with_patch_size({"jacobian": table(entropy)})
    assert (found.verdict, found.evidence["settings"], found.n) == (verdict, 3, 64)
    assert found.conditions.startswith("At 4 epochs of 1000 images, width 48 (")
    assert "Patch sizes 2, 4, 8." in found.conditions
    assert "One seed in each setting" in found.conditions
    if verdict == CONDITIONAL:
        assert "by mask ratio: always for 0.75, never for 0.25, 0.5" in found.conditions


def test_one_patch_size_is_not_enough(table):
    rows = table(rising, patches=(4,))
    assert entropy_rises_with_patch_size({"jacobian": rows}).verdict == NOT_RUN


def test_controls_alone_are_not_enough(table):
    rows = table(rising, source="untrained") + table(rising, **SPREAD)
    assert entropy_rises_with_patch_size({"jacobian": rows}).verdict == NOT_RUN


def test_conventions_are_settings(table):
    rows = table(rising) + table(flat, power=2)
    found = entropy_rises_with_patch_size({"jacobian": rows})
    assert found.verdict == CONDITIONAL
    assert "by power of abs(J): always for 1, never for 2" in found.conditions


def test_a_normalised_entropy_has_no_base(table):
    rows = table(rising, normalised="visible") + table(rising, normalised="visible", base=2)
    found = entropy_rises_with_patch_size({"jacobian": rows})
    assert found.evidence["settings"] == 3
    both = table(rising) + table(rising, base=2)
    assert entropy_rises_with_patch_size({"jacobian": both}).evidence["settings"] == 6


def test_seeds_resolve_the_rise(table):
    alike = table(rising) + table(lambda p, m: rising(p, m) + 0.1, seeds=(1,))
    found = entropy_rises_with_patch_size({"jacobian": alike})
    assert found.verdict == HOLDS
    assert "Spread between seeds known in 3 of 3." in found.conditions
    apart = table(rising) + table(lambda p, m: 5 - 0.2 * log(p), seeds=(1,))
    assert entropy_rises_with_patch_size({"jacobian": apart}).verdict == NOT_RUN


def test_a_rise_within_its_standard_error_is_not_resolved(table):
    rows = table(rising, standard_error=0.5)
    found = entropy_rises_with_patch_size({"jacobian": rows})
    assert found.verdict == NOT_RUN
    assert "not resolved" in found.conditions


def test_controls_stand_in_the_note(table):
    rows = table(lambda p, m: rising(p, m) + 0.1 * p)
    rows += table(rising, source="untrained", masks=(0.25, 0.5)) + table(flat, source="uniform")
    rows += table(lambda p, m: 2 * rising(p, m) + p, source="linear")
    found = entropy_rises_with_patch_size({"jacobian": rows})
    assert "untrained network: 2 of 2, the network by more in 2 of 2" in found.conditions
    assert "linear MAE: 3 of 3, the network by more in 0 of 3" in found.conditions
    assert (
        "equal weights on visible pixels): 0 of 3, the network by more in 3 of 3"
        in found.conditions
    )
    assert found.evidence["untrained_settings_holding"] == 2
    assert found.evidence["beyond_linear_settings_holding"] == 0
    without = entropy_rises_with_patch_size({"jacobian": table(rising)})
    assert "No untrained network in the tables" in without.conditions


def test_the_mean_distance_stands_beside_the_entropy(table):
    rows = table(rising) + table(flat, **SPREAD)
    found = entropy_rises_with_patch_size({"jacobian": rows})
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 3)
    assert "The mean distance of the inputs rises in 0 of 3." in found.conditions


def test_diverged_runs_and_missing_numbers_do_not_count(table):
    rows = table(rising) + table(flat, enc=8, status="diverged")
    rows += table(lambda p, m: float("nan"), enc=2) + table(lambda p, m: None, enc=6)
    found = entropy_rises_with_patch_size({"jacobian": rows})
    assert (found.verdict, found.evidence["settings"]) == (HOLDS, 3)
    assert "Left out: 9 rows" in found.conditions


def test_of_two_measurements_of_a_run_that_of_more_images_counts(jacobian):
    rows = [jacobian(0.1, n_images=8), jacobian(0.2, n_images=64), jacobian(0.3, seed=1)]
    assert sorted(row["value"] for row in counted(rows, "value")) == [0.2, 0.3]


def test_differences_are_of_one_run(jacobian):
    ours = [jacobian(3.0, seed=0, standard_error=0.3), jacobian(4.0, seed=1), jacobian(9.0, enc=8)]
    theirs = [
        jacobian(1.0 + seed, source="linear", seed=seed, standard_error=0.4) for seed in (0, 1)
    ]
    found = less(ours, theirs)
    assert [row["value"] for row in found] == [2.0, 2.0]
    assert found[0]["standard_error"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("entropy", "verdict"),
    [
        (lambda p, m: 4 + 0.1 * p + 0.1 * m, HOLDS),
        (lambda p, m: 4 + 0.1 * p - 0.1 * m, HOLDS),
        (lambda p, m: 4 + 0.1 * p + m, FAILS),
        (lambda p, m: 4 + 0.1 * p + 0.59 * m, HOLDS),
        (lambda p, m: 4 + 0.1 * p + 0.61 * m, FAILS),
        (lambda p, m: 4 + 0.1 * p + (m == 0.5), FAILS),
        (lambda p, m: 4 + 0.001 * p, FAILS),
        (lambda p, m: 4.0, FAILS),
    ],
)
def test_mask_ratio_matters_much_less(table, entropy, verdict):
    found = mask_ratio_matters_much_less({"jacobian": table(entropy)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    assert "patch sizes 2, 4, 8, mask ratios 0.25, 0.5, 0.75, seeds 0." in found.conditions
    assert "at most 0.5 of the change" in found.conditions


def test_the_number_of_visible_pixels_counts_unless_divided_by(table):
    """The entropy of uniform weights grows with the visible pixels, and with nothing else."""
    entropies = {
        "no": lambda p, m: log(256 * (1 - m)) - 0.3 / p,
        "all": lambda p, m: (log(256 * (1 - m)) - 0.3 / p) / log(256),
        "visible": lambda p, m: 1 - 0.3 / p,
    }
    rows = [r for name, f in entropies.items() for r in table(f, normalised=name)]
    found = mask_ratio_matters_much_less({"jacobian": rows})
    assert found.verdict == CONDITIONAL
    assert "it holds: no in 0 of 1, all in 0 of 1, visible in 1 of 1." in found.conditions
    assert found.evidence["mask_over_patch_change_visible_median"] == 0
    assert found.evidence["mask_over_patch_change_no_median"] > 1


@pytest.mark.parametrize("change", [{"patches": (4,)}, {"masks": (0.5,)}])
def test_mask_ratios_need_a_grid(table, change):
    rows = table(rising, **change)
    assert mask_ratio_matters_much_less({"jacobian": rows}).verdict == NOT_RUN


def test_a_cross_is_no_grid(table):
    rows = table(rising, masks=(0.5,)) + table(rising, patches=(4,), masks=(0.25, 0.75))
    found = mask_ratio_matters_much_less({"jacobian": rows})
    assert found.verdict == NOT_RUN
    assert "at the same two mask ratios" in found.conditions


def test_only_the_full_grid_is_compared(table):
    """An extreme mask ratio of one patch size would make the change over ratios the larger."""
    whole = table(lambda p, m: 4 + 0.1 * p + 0.1 * m)
    rows = whole + table(lambda p, m: 40.0, patches=(2,), masks=(0.9,))
    assert mask_ratio_matters_much_less({"jacobian": rows}).verdict == HOLDS
    assert mask_ratio_matters_much_less({"jacobian": whole}).evidence == (
        mask_ratio_matters_much_less({"jacobian": rows}).evidence
    )


def test_seeds_resolve_the_difference_of_changes(table):
    alike = table(rising) + table(lambda p, m: rising(p, m) + 1, seeds=(1,))
    found = mask_ratio_matters_much_less({"jacobian": alike})
    assert found.verdict == HOLDS
    assert "seeds 0, 1." in found.conditions
    apart = table(rising) + table(lambda p, m: 4 + m + 0.02 * p, seeds=(1,))
    assert mask_ratio_matters_much_less({"jacobian": apart}).verdict == NOT_RUN


def test_a_difference_within_its_standard_error_is_not_resolved(table):
    rows = table(rising, standard_error=0.5)
    assert mask_ratio_matters_much_less({"jacobian": rows}).verdict == NOT_RUN


def places(rows):
    return {(row["patch"], row["mask"], row["seed"]) for row in rows}


def test_the_grid_with_most_networks_is_kept(table):
    small = table(rising, patches=(4, 8), masks=(0.5, 0.75), seeds=(0, 1, 2))
    large = small + table(rising, patches=(2, 4, 8), masks=(0.25,), seeds=(0,))
    assert places(common_grid(large)) == places(small)
    wider = table(rising, seeds=(0,)) + table(rising, patches=(2,), seeds=(1,))
    assert places(common_grid(wider)) == places(table(rising))


def test_a_grid_may_leave_out_a_patch_size_in_the_middle(table):
    rows = table(rising, patches=(2, 8)) + table(rising, patches=(4,), masks=(0.9,))
    assert places(common_grid(rows)) == places(table(rising, patches=(2, 8)))


def test_checkpoints_without_seed_or_ratio(table):
    rows = table(rising, patches=(2, 4), masks=(0.25, 0.5), seeds=(None,))
    assert len(common_grid(rows + [{**rows[0], "mask": None}])) == 4
