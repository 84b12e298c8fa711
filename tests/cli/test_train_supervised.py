"""The supervised entry point: from images with labels to a row of scores, with its record."""

import json

import pytest
from safetensors.torch import load_file
from toy_training import CLASSIFICATION, MODEL, toy_dataset

from spatial_mae.cli.train_supervised import main
from spatial_mae.files import read_json, read_rows


def run(folder, manifest, **changes):
    flags = {
        "manifest": manifest,
        "model": json.dumps(MODEL),
        "patch-size": 4,
        "encoder-depth": 1,
        "recipe": json.dumps(CLASSIFICATION),
        "threads": 1,
        "runs-per-gpu": 1,
        "state": folder / "state",
        "scores": folder / "scores.csv",
        "history": folder / "history.csv",
        "weights": folder / "weights.safetensors",
        "record": folder / "record.json",
    } | {key.replace("_", "-"): value for key, value in changes.items()}
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "scores.csv")


def test_writes_scores_history_weights_and_a_record(tmp_path):
    (row,) = run(tmp_path, toy_dataset(tmp_path / "data"), seed=2)
    assert row["protocol"] == "supervised" and row["pretrain_epochs"] is None
    assert row["accuracy"] > 0.8
    assert len(read_rows(tmp_path / "history.csv")) == CLASSIFICATION["epochs"]
    assert "head.weight" in load_file(tmp_path / "weights.safetensors")
    record = read_json(tmp_path / "record.json")
    assert record["accuracy"] == row["accuracy"] and record["seed"] == 2


def test_a_seed_is_a_run(tmp_path):
    manifest = toy_dataset(tmp_path / "data")
    losses = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        (tmp_path / name).mkdir()
        run(tmp_path / name, manifest, seed=seed)
        losses.append(read_rows(tmp_path / name / "history.csv")[-1]["loss"])
    assert losses[0] == losses[1] != losses[2]


def test_missing_labels_are_named_and_nothing_is_written(tmp_path):
    manifest = toy_dataset(tmp_path / "data", labels=False)
    with pytest.raises(ValueError, match="data set 'toy' has no labels"):
        run(tmp_path, manifest)
    assert {path.name for path in tmp_path.iterdir()} == {"data"}


def test_two_processes_write_one_run(tmp_path):
    manifest = toy_dataset(tmp_path / "data")
    rows = {}
    for nproc in (1, 2):
        (tmp_path / str(nproc)).mkdir()
        (rows[nproc],) = run(tmp_path / str(nproc), manifest, nproc=nproc)
        record = read_json(tmp_path / str(nproc) / "record.json")
        assert record["processes"] == nproc and record["accuracy"] == rows[nproc]["accuracy"]
    assert rows[2]["accuracy"] == rows[1]["accuracy"]
    assert rows[2]["device"] == record["device"] == "2 x cpu"
    history = [read_rows(tmp_path / n / "history.csv") for n in ("1", "2")]
    assert [row["loss"] for row in history[1]] == pytest.approx(
        [row["loss"] for row in history[0]], rel=1e-4
    )
    assert read_json(tmp_path / "2/state/status.json")["state"] == "completed"
