"""Which rows of the tables of Jacobians count, and the grid they are compared in."""

from math import isnan

import pytest

from spatial_mae.claims.jacobian_rows import common_grid, counted, median_of, number


@pytest.fixture
def grid(jacobian):
    """Rows on a grid of patch sizes, mask ratios and seeds."""

    def rows(patches=(2, 4, 8), masks=(0.25, 0.5, 0.75), seeds=(0,)):
        return [
            jacobian(1.0, patch=p, mask=m, seed=s) for p in patches for m in masks for s in seeds
        ]

    return rows


def places(rows):
    return {(row["patch"], row["mask"], row["seed"]) for row in rows}


def test_of_two_measurements_of_a_run_that_of_more_images_counts(jacobian):
    rows = [jacobian(0.1, n_images=8), jacobian(0.2, n_images=64), jacobian(0.3, seed=1)]
    assert sorted(row["value"] for row in counted(rows)) == [0.2, 0.3]


def test_diverged_runs_do_not_count_and_missing_numbers_are_not_hidden(jacobian):
    rows = [jacobian(0.1, status="diverged"), jacobian(None, seed=1)]
    (found,) = counted(rows)
    assert isnan(number(found["value"]))
    assert median_of("level", [found]) == {}
    assert median_of("level", [found, jacobian(3.0)]) == {"level_median": 3.0}


def test_a_normalised_entropy_has_no_base(jacobian):
    rows = [jacobian(0.5, base=b, normalised="visible") for b in ("e", 2)]
    assert len(counted(rows)) == 1
    rows = [jacobian(0.5, base=b, normalised="no") for b in ("e", 2)]
    assert len(counted(rows)) == 2


def test_the_grid_with_most_networks_is_kept(grid):
    small = grid(patches=(4, 8), masks=(0.5, 0.75), seeds=(0, 1, 2))
    large = small + grid(patches=(2, 4, 8), masks=(0.25,))
    assert places(common_grid(large)) == places(small)
    wider = grid() + grid(patches=(2,), seeds=(1,))
    assert places(common_grid(wider)) == places(grid())


def test_a_grid_may_leave_out_a_patch_size_in_the_middle(grid):
    rows = grid(patches=(2, 8)) + grid(patches=(4,), masks=(0.9,))
    assert places(common_grid(rows)) == places(grid(patches=(2, 8)))


def test_a_cross_is_no_grid(grid):
    assert common_grid(grid(masks=(0.5,)) + grid(patches=(4,), masks=(0.25, 0.75))) == []


def test_checkpoints_without_seed_or_ratio(grid):
    rows = grid(patches=(2, 4), masks=(0.25, 0.5), seeds=(None,))
    assert len(common_grid(rows + [{**rows[0], "mask": None}])) == 4
