"""The Gabor entry point: from moments and a solution to a table, with its record."""

import json

import numpy as np
import pytest

from spatial_mae.cli.predict_gabor import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.files import read_json, read_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import RunSettings, solve_run, write_run

RECIPE = {
    "readings": ["wavelet", "window"],
    "readouts": ["free", "ridge"],
    "inputs": ["whole", "masked"],
    "mask_ratios": [0.5, 0.9],
    "n_latents": [3],
    "scales": [1, 4],
    "frequencies": [0.8],
    "orientations": [0, 90],
    "phase": 0,
    "window": 1.0,
    "border": "zero",
    "ridge": 0.01,
}
COLUMNS = [
    "reading",
    "readout",
    "input",
    "model",
    "mask_ratio",
    "n_latents",
    "scale",
    "frequency",
    "orientation",
    "error",
]


def run(folder, recipe=RECIPE, **changes):
    flags = {
        "manifest": folder / "manifest.json",
        "train-moments": folder / "train.npz",
        "test-moments": folder / "test.npz",
        "solution": folder / "solution.npz",
        "patch-size": 2,
        "centring": "centred",
        "ridge": 0.001,
        "flip": "yes",
        "recipe": json.dumps(recipe),
        "scores": folder / "scores.csv",
        "gains": folder / "gains.csv",
        "record": folder / "record.json",
    } | {key.replace("_", "-"): value for key, value in changes.items()}
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "scores.csv")


@pytest.fixture
def solved(tmp_path):
    rng, splits = np.random.default_rng(0), {}
    for split, n in (("train", 120), ("test", 40)):
        walk = rng.normal(size=(n, 4, 6, 1)).cumsum(axis=1).cumsum(axis=2)
        images = np.clip(128 + 20 * walk, 0, 255).astype(np.uint8)
        splits[split] = [Batch(images)]
        pixel_moments(images).save(tmp_path / f"{split}.npz")
        if split == "train":
            settings = RunSettings(2, "centred", 0.001, True)
            decomposition = solve_run(pixel_moments(images), settings)
            write_run(tmp_path / "solution.npz", settings, decomposition)
    prepared = Prepared(splits, (4, 6, 1), "none", "none")
    write_dataset(tmp_path / "manifest.json", "walks", "made here", prepared, {})
    return tmp_path


def test_writes_every_combination_and_a_record(solved):
    rows = run(solved)
    assert list(rows[0]) == COLUMNS
    assert len(rows) == 2 * 2 * 2 * 3 * 2 * 2
    assert all(0 <= row["error"] < 1.5 for row in rows)
    inputs = read_json(solved / "record.json")["inputs"]
    assert {path.rpartition("/")[2] for path in inputs} == {
        *("manifest.json", "train.npz", "test.npz", "solution.npz")
    }
    gains = read_rows(solved / "gains.csv")
    assert len(gains) == 8 * 2 * 2 * 3
    assert {row["against"] for row in gains} == {"AE", "MAE 0.5"}  # no ratio is below 0.5
    assert all(row["interval_low"] <= row["gain"] <= row["interval_high"] for row in gains)
    assert all(row["n_test"] == 40 for row in gains)


def test_settings_other_than_the_solution_s_are_refused(solved):
    with pytest.raises(ValueError, match="patch_size=3"):
        run(solved, patch_size=3)
    assert not (solved / "scores.csv").exists()
    assert not (solved / "record.json").exists()


def test_a_negative_scale_is_refused_before_anything_is_read(tmp_path):
    (tmp_path / "manifest.json").touch()
    (tmp_path / "train.npz").touch()
    (tmp_path / "test.npz").touch()
    (tmp_path / "solution.npz").touch()
    with pytest.raises(ValueError, match=r"scales\[0\]: -2"):
        run(tmp_path, RECIPE | {"scales": [-2]})


def test_a_misspelt_key_is_named(solved):
    with pytest.raises(ValueError, match="did you mean 'scales'"):
        run(solved, RECIPE | {"scale": [1]})
