"""Accuracies and costs of fine-tuning, and the supervised baseline."""

import pytest

from spatial_mae.figures import depth_fine_tuning, partial_fine_tuning, supervised_baseline


def test_fine_tuned_accuracies_are_of_all_blocks(sample):
    table = sample("fine_tuning")
    rows = depth_fine_tuning.select(table)
    wanted = [
        row["accuracy"]
        for row in table
        if (row["patch"], row["mask"], row["enc"], row["dec"]) == (4, 0.75, 4, 1)
        and row["blocks"] == "all"
    ]
    [row] = [row for row in rows if (row["enc"], row["dec"]) == (4, 1)]
    assert row["value"] == pytest.approx(sum(wanted) / 3)
    with pytest.raises(ValueError, match="blocks = 'all'"):
        depth_fine_tuning.select([row for row in table if row["blocks"] != "all"])


def test_costs_of_partial_tuning_are_shares_of_the_same_seeds_full_tuning(sample):
    noisy = [row | {"seconds": row["seconds"] * (1 + row["seed"])} for row in sample("fine_tuning")]
    rows = [r for r in partial_fine_tuning.select(noisy) if r["measure"] == "seconds"]
    shares = {(row["enc"], row["trained_blocks"]): row["value"] for row in rows}
    assert shares[4, 4] == shares[2, 2] == 1
    assert shares[4, 1] == pytest.approx(0.4 + 0.6 / 4)
    assert all(row["low"] == pytest.approx(row["high"]) for row in rows)


def test_all_blocks_given_as_a_number_too_are_drawn_once(sample):
    table = sample("fine_tuning")
    twice = table + [row | {"blocks": row["enc"], "accuracy": 0.0} for row in table]
    again = partial_fine_tuning.select([r for r in twice if r["blocks"] != 2 or r["enc"] != 4])
    assert min(r["value"] for r in again if r["measure"] == "accuracy") > 0


def test_a_memory_that_was_not_measured_has_no_panel(sample):
    table = [row | {"peak_memory_bytes": None} for row in sample("fine_tuning")]
    rows = partial_fine_tuning.select(table)
    assert {row["measure"] for row in rows} == {"accuracy", "seconds"}
    assert len(partial_fine_tuning.draw(rows).axes) == 2


def test_supervised_baseline_has_both_splits_of_every_depth(sample):
    rows = supervised_baseline.select(sample("supervised"))
    cells = {(row["judged_on"], row["patch"], row["enc"]) for row in rows}
    assert cells == {(s, p, e) for s in ("test", "training") for p in (4, 8) for e in (1, 2, 4)}
