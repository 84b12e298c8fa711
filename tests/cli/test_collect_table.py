"""The table of an experiment, from the command line."""

import json

import pytest

from spatial_mae.cli import collect_table
from spatial_mae.files import read_rows, write_json, write_rows
from spatial_mae.study import grid, relations
from spatial_mae.tables.reading import read_table

EXPERIMENT = {
    "name": "spectrum",
    "kind": "spectrum",
    "recipe": "default",
    "grids": [{"dimensions": [1], "patch": [2, 4], "sampling": ["exact"]}],
}


EVALUATION = {
    "name": "probes",
    "kind": "evaluation",
    "recipe": "default",
    "grids": [
        {"dataset": ["leaves"], "model": ["tiny"], "training": ["short"], "seed": [0]}
        | {"patch": [4], "unit": [1, 2], "mask": [0.5], "enc": [1, 2], "dec": [1]}
    ],
}


def test_scores_of_controls_follow_those_of_each_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    manifest = {"n_train": 400, "height": 8, "width": 8, "pixels": "lossless"}
    write_json("results/data/leaves/manifest.json", manifest)
    runs, controls = grid.expand(EVALUATION), []
    for run in runs:
        write_rows(grid.run_table(EVALUATION, run), [{"epoch": 0, "value": run["enc"]}])
        controls += relations.control_scores("default", run)
    for path in dict.fromkeys(controls):
        name = "pca" if "pixels" in path else "linear_mae"
        write_rows(path, [{"epoch": None, "representation": name, "value": 0.5}])
    flags = ["--experiment", json.dumps(EVALUATION), "--table", "t.csv", "--record", "r.json"]
    collect_table.main([*flags, "--controls", *dict.fromkeys(controls)])
    rows = read_table("t.csv", "evaluation")
    found = [(row["unit"], row["enc"], row["epoch"], row["representation"]) for row in rows]
    three = [(0, None), (None, "pca"), (None, "linear_mae")]
    assert found == [(run["unit"], run["enc"], *row) for run in runs for row in three]
    assert {row["n_images"] for row in rows} == {400}
    assert len(json.loads((tmp_path / "r.json").read_text())["inputs"]) == 4 + 3
    collect_table.main(flags)
    assert len(read_table("t.csv", "evaluation")) == 4
    write_rows("other.csv", [{"value": 0.5}])
    with pytest.raises(ValueError, match="other.csv: no control of a run of 'probes'"):
        collect_table.main([*flags, "--controls", "other.csv"])


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
