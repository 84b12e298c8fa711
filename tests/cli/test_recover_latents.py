"""The entry point: from weights and a data set of known latents to a table and its record."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from toy_recovery import RECIPE, tree_dataset, write_run

from spatial_mae.cli.recover_latents import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.files import read_json, read_rows

SMALL = replace(RECIPE, n_fitted=60, n_test=30, readouts=("linear",))


@pytest.fixture
def flags(tmp_path):
    write_run(tmp_path)
    tree_dataset(tmp_path)
    return {
        "manifest": tmp_path / "manifest.json",
        "weights": tmp_path / "w.safetensors",
        "checkpoints": tmp_path / "checkpoints",
        "recipe": json.dumps(asdict(SMALL)),
        "threads": 1,
        "recovery": tmp_path / "recovery.csv",
        "seed": 0,
        "record": tmp_path / "record.json",
    }


def test_writes_a_table_and_a_record(flags, run_with):
    run_with(main, **flags)
    rows = read_rows(flags["recovery"])
    sources = {"trained", "untrained", "pixels", "latents", "shuffled"}
    assert {row["source"] for row in rows} == sources
    assert {row["level"] for row in rows} == {"all", 0, 1}
    assert all(row["r_squared"] <= 1 for row in rows)
    assert len(read_json(flags["record"])["inputs"]) == 2


def test_a_data_set_without_latents_is_refused(flags, run_with, tmp_path):
    images = np.zeros((100, 4, 4, 1), dtype=np.uint8)
    splits = {split: [Batch(images)] for split in ("train", "test")}
    prepared = Prepared(splits, (4, 4, 1), "blank", "none")
    write_dataset(tmp_path / "other/manifest.json", "blank", "array_file", prepared, {})
    with pytest.raises(FileNotFoundError, match="'blank' has no latents"):
        run_with(main, **flags | {"manifest": tmp_path / "other/manifest.json"})
    assert not flags["recovery"].exists()
