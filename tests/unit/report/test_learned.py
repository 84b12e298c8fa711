"""What a study's networks know, in sentences."""

import pytest

from spatial_mae.files import write_rows
from spatial_mae.report.learned import learned, probe_tables
from spatial_mae.study.measurements import KINDS
from spatial_mae.tables.kinds import columns_of


@pytest.fixture
def table(tmp_path, probe):
    """Write a table of probes with the columns of its kind; returns its path."""

    def written(name, rows):
        known = set(columns_of("evaluation"))
        path = tmp_path / f"{name}.csv"
        write_rows(path, [{k: v for k, v in row.items() if k in known} for row in rows])
        return path

    return written


def grid(probe, **others):
    """Patches 4 and 8, two seeds, before and after training, and one control."""
    rows = []
    for patch, values in ((4, (0.8, 0.9)), (8, (0.3, 0.4))):
        for seed, value in enumerate(values):
            rows.append(probe(value, patch=patch, seed=seed, **others))
            rows.append(probe(0.25, patch=patch, seed=seed, epoch=0, **others))
    controls = {"epoch": None, "representation": "pca"}
    return [*rows, probe(0.45, **controls, **others)]


def test_the_best_and_the_worst_setting_are_named_with_their_controls(table, probe):
    (said,) = learned([table("a", grid(probe))])
    assert said == (
        "leaves, class (chance 10.0%): a linear probe of the mean token reaches at best 85.0% with "
        "patch size 4 (80.0% to 90.0% over 2 seeds, untrained 25.0%); at worst 35.0% with patch "
        "size 8 (30.0% to 40.0% over 2 seeds, untrained 25.0%). Features without a network: at "
        "most 45.0%."
    )


def test_labels_are_apart_and_a_run_in_two_tables_counts_once(table, probe):
    rows = grid(probe, label="texture") + grid(probe, label="layout")
    said = learned([table("a", rows), table("b", rows)])
    assert [text.partition(" (")[0] for text in said] == ["leaves, texture", "leaves, layout"]
    assert all("over 2 seeds" in text for text in said)


def test_features_without_a_network_are_named_at_their_best_setting(table, probe):
    linear = {"representation": "linear_mae", "epoch": None}
    rows = [
        probe(value, patch=patch, seed=seed, **linear)
        for patch, values in ((4, (0.5, 0.56)), (8, (0.3, 0.3)))
        for seed, value in enumerate(values)
    ]
    again = probe(0.5, patch=4, seed=0, **linear)
    (said,) = learned([table("a", [*grid(probe), *rows]), table("b", [again])])
    assert said.endswith("Features without a network: at most 53.0%.")


def test_one_setting_of_one_seed_is_no_best(table, probe):
    (said,) = learned([table("a", [probe(0.5)])])
    assert said.endswith("the mean token reaches 50.0% (one seed).")


def test_tables_without_probes_say_nothing(table, probe, tmp_path):
    rows = [probe(0.5, protocol="reconstruction", metric="hidden_error")]
    assert learned([table("a", rows)]) == [] == learned([])
    entries = [{"kind": kind, "table": f"tables/{kind}.csv"} for kind in KINDS]
    entries.append({"kind": "evaluation", "table": None})
    assert probe_tables(entries, tmp_path) == [tmp_path / "tables/evaluation.csv"]
