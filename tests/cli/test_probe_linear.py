"""The linear control's entry point: from a data set and a solved run to a table."""

import json

import numpy as np
import pytest

from spatial_mae.cli.probe_linear import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.evaluation.probing import COLUMNS
from spatial_mae.files import read_json, read_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import RunSettings, solve_run, write_run

RECIPE = {
    "representations": ["mean"],
    "checkpoints": "last",
    "n_train": None,
    "n_test": 30,
    "validation_share": 0.2,
    "penalties": [0.01, 0.1],
    "max_iterations": 50,
    "neighbours": 0,
    "n_reconstructed": 1,
    "n_masks": 1,
    "n_gallery": 0,
    "control_colour": "luma",
    "control_centring": "centred",
    "control_ridge": 0.001,
}


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    batches = {}
    for split, n in (("train", 60), ("test", 40)):
        labels = rng.integers(2, size=n)
        images = rng.integers(100, size=(n, 4, 6, 1)).astype(np.uint8)
        images[labels == 1, :, 2:] += 100
        batches[split] = [Batch(images, labels)]
    prepared = Prepared(batches, (4, 6, 1), "drawn", "none", ("narrow", "wide"))
    write_dataset(tmp_path / "manifest.json", "toy", "test", prepared, {})
    moments = pixel_moments(batches["train"][0].images)
    moments.save(tmp_path / "moments.npz")
    settings = RunSettings(2, "centred", 0.001, False)
    write_run(tmp_path / "solution.npz", settings, solve_run(moments, settings))
    return tmp_path


def run(folder, recipe=RECIPE, **changes):
    flags = {
        "manifest": folder / "manifest.json",
        "moments": folder / "moments.npz",
        "solution": folder / "solution.npz",
        "patch-size": 2,
        "centring": "centred",
        "ridge": 0.001,
        "flip": "no",
        "mask-ratio": 0.75,
        "width": 3,
        "recipe": json.dumps(recipe),
        "threads": 1,
        "scores": folder / "scores.csv",
        "seed": 0,
        "record": folder / "record.json",
    } | {key.replace("_", "-"): value for key, value in changes.items()}
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "scores.csv")


def test_writes_the_control_and_a_record(folder):
    (row,) = run(folder)
    assert list(row) == list(COLUMNS)
    assert (row["representation"], row["model_width"]) == ("linear_mae", 3)
    assert (row["n_train"], row["n_test"]) == (60, 30)
    assert row["value"] > 0.9
    assert len(read_json(folder / "record.json")["inputs"]) == 3


def test_settings_other_than_the_solution_s_are_refused(folder):
    with pytest.raises(ValueError, match="patch_size=4"):
        run(folder, patch_size=4)
    with pytest.raises(ValueError, match="luma images, not rgb"):
        run(folder, RECIPE | {"control_colour": "rgb"})
    with pytest.raises(ValueError, match="mask ratio 1.0"):
        run(folder, mask_ratio=1.0)
    assert not (folder / "scores.csv").exists()
