"""The tables that the tiny study leaves hold what their columns are declared to be."""

import csv

import pytest
import yaml

from spatial_mae.tables.kinds import columns_of
from spatial_mae.tables.reading import read_table


@pytest.fixture(scope="module")
def tables(finished) -> dict:
    """Experiment -> its kind and its table."""
    config = yaml.safe_load((finished / "results/tiny/config.yaml").read_text())
    paths = {e["name"]: e["kind"] for e in config["experiments"]}
    return {n: (k, finished / f"results/tiny/tables/{n}.csv") for n, k in paths.items()}


def test_every_column_is_declared_for_its_kind(tables):
    for kind, path in tables.values():
        with path.open(newline="") as handle:
            header = next(csv.reader(handle))
        assert set(header) <= set(columns_of(kind)), path.name


def test_every_cell_is_of_its_columns_type(tables):
    assert all(read_table(path, kind) for kind, path in tables.values())


def test_a_setting_that_another_one_tells_differs_only_with_it(tables):
    for kind, path in tables.values():
        for name, column in columns_of(kind).items():
            teller = {"network": "model", "exponent": "power"}.get(column.told_by, column.told_by)
            if not column.told_by or teller not in columns_of(kind):
                continue
            found: dict[tuple, set] = {}
            for row in read_table(path, kind):
                # Of a control without a network, the width is that of its features.
                place = (row.get("dataset"), row.get("representation"), row.get(teller))
                if row.get(name) is not None:
                    found.setdefault(place, set()).add(row[name])
            assert all(len(values) == 1 for values in found.values()), (path.name, name)
