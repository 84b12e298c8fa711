"""The table of an experiment, from the command line."""

import json

from spatial_mae.cli import collect_table
from spatial_mae.files import read_rows, write_rows
from spatial_mae.study import grid

EXPERIMENT = {
    "name": "spectrum",
    "kind": "spectrum",
    "recipe": "default",
    "grids": [{"dimensions": [1], "patch": [2, 4], "sampling": ["exact"]}],
}


def test_collects_every_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, path in enumerate(grid.run_tables(EXPERIMENT)):
        write_rows(path, [{"expected": number}])
    flags = ["--table", "t.csv", "--record", "t.record.json"]
    collect_table.main(["--experiment", json.dumps(EXPERIMENT), *flags])
    assert read_rows("t.csv") == [
        {"dimensions": 1, "patch": 2, "sampling": "exact", "expected": 0},
        {"dimensions": 1, "patch": 4, "sampling": "exact", "expected": 1},
    ]
    assert len(json.loads((tmp_path / "t.record.json").read_text())["inputs"]) == 2
