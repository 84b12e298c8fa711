"""Which rows of trained networks count."""

import pytest

from spatial_mae.claims.judged import left_out
from spatial_mae.tables.repeats import cells
from spatial_mae.tables.runs import completed, last, once, over_units, probes, tuned


@pytest.mark.parametrize("column", ["status", "pretrain_status"])
def test_runs_that_diverged_do_not_count(probe, column):
    rows = [probe(0.5), probe(0.1, **{column: "diverged"})]
    assert [row["value"] for row in completed(rows)] == [0.5]
    assert left_out(rows) == "Left out: 1 rows of runs that did not complete."
    assert left_out(rows[:1]) == ""


def test_controls_blocks_and_other_protocols_are_no_probes(probe):
    rows = [
        probe(0.5, representation="class_token"),
        probe(0.4, epoch=0),
        probe(0.4, representation="pca", epoch=None),
        probe(0.4, representation="block", block=1),
        probe(0.4, protocol="knn"),
        probe(0.4, protocol="reconstruction", metric="hidden_error", representation=None),
    ]
    assert [row["value"] for row in probes(rows)] == [0.5, 0.4]
    assert [row["value"] for row in last(probes(rows))] == [0.5]


def test_a_network_evaluated_by_two_recipes_counts_once(probe):
    """They agree in all but the time they took; a seed of both is no heavier than another."""
    rows = [probe(0.4, seconds=1.0), probe(0.6, seed=1), probe(0.4, seconds=2.0)]
    assert cells(probes(rows), "mask") == {(0.75,): 0.5}
    rows += [probe(0.4, n_train=400), probe(0.4, epoch=0), probe(0.4, representation="pca")]
    assert len(once(completed(rows))) == 5


def test_all_blocks_are_a_number(tuning):
    rows = tuned([tuning(0.5), tuning(0.4, blocks=1)])
    assert [(row["blocks"], row["value"]) for row in rows] == [(4, 0.5), (1, 0.4)]


def test_units_are_compared_among_patches_of_one_size_and_patches_among_equal_units(probe):
    rows = over_units([probe(0.5, patch=4, unit=2), probe(0.5, patch=8, unit=1)])
    found = [(row["patch"], row["unit"], row["unit_pixels"]) for row in rows]
    assert found == [(4, None, 8), (8, None, 8), (None, 2, 8), (None, 1, 8)]
