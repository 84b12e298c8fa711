"""The depth entry point: from a data set and a solution to a table, with its record."""

import json

import numpy as np
import pytest

from spatial_mae.cli.predict_depth import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.files import read_json, read_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import RunSettings, solve_run, write_run

RECIPE = {
    "target": "depth",
    "readouts": ["free", "ridge"],
    "inputs": ["whole", "masked"],
    "mask_ratios": [0.5],
    "n_latents": [1, 4],
    "ridges": [0.01, 1],
    "n_masks": 2,
    "validation_share": 0.25,
}
COLUMNS = [
    "target",
    "readout",
    "input",
    "model",
    "mask_ratio",
    "n_latents",
    "ridge_chosen",
    "error",
    "rmse",
    "n_train",
    "n_test",
    "gain",
    "standard_error",
]


def batch(rng, n):
    """Images whose local brightness is their depth; one pixel in ten unknown."""
    depth = rng.uniform(1, 5, size=(n, 2, 2)).repeat(2, axis=1).repeat(2, axis=2)
    images = np.clip(depth * 40 + rng.normal(0, 3, depth.shape), 0, 255).astype(np.uint8)
    depth[rng.random(depth.shape) < 0.1] = np.nan
    return Batch(images[..., None], depth=depth.astype(np.float32))


def prepare(folder, has_depth=True):
    rng = np.random.default_rng(0)
    splits = {"train": batch(rng, 60), "test": batch(rng, 30)}
    if not has_depth:
        splits = {split: Batch(b.images) for split, b in splits.items()}
    prepared = Prepared(
        splits={split: [b] for split, b in splits.items()},
        shape=(4, 4, 1),
        pixels="drawn",
        licence="none",
        depth_unit="metre" if has_depth else None,
    )
    write_dataset(folder / "manifest.json", "toy", "test", prepared, {})
    moments, settings = (
        pixel_moments(splits["train"].images),
        RunSettings(2, "centred", 0.001, False),
    )
    moments.save(folder / "moments.npz")
    write_run(folder / "solution.npz", settings, solve_run(moments, settings))
    return folder


def run(folder, recipe=RECIPE, **changes):
    flags = {
        "manifest": folder / "manifest.json",
        "moments": folder / "moments.npz",
        "solution": folder / "solution.npz",
        "colour": "luma",
        "patch-size": 2,
        "centring": "centred",
        "ridge": 0.001,
        "flip": "no",
        "recipe": json.dumps(recipe),
        "scores": folder / "scores.csv",
        "seed": 3,
        "record": folder / "record.json",
    } | changes
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "scores.csv")


def test_brightness_tells_the_depth_that_it_was_drawn_from(tmp_path):
    rows = run(prepare(tmp_path))
    assert list(rows[0]) == COLUMNS
    assert len(rows) == 2 * 2 * 2 * 2
    error = {(r["model"], r["readout"], r["input"], r["n_latents"]): r["error"] for r in rows}
    assert error["ae", "free", "whole", 4] < 0.02
    assert error["ae", "free", "whole", 1] > 0.5
    assert error["mae", "free", "masked", 4] > error["mae", "free", "whole", 4]
    assert {(r["n_train"], r["n_test"]) for r in rows} == {(60, 30)}
    assert {r["ridge_chosen"] for r in rows if r["readout"] == "ridge"} <= {0.01, 1}
    assert {r["ridge_chosen"] for r in rows if r["readout"] == "free"} == {None}
    record = read_json(tmp_path / "record.json")
    assert record["seed"] == 3
    assert len(record["inputs"]) == 3


def test_the_same_seed_gives_the_same_table(tmp_path):
    folder = prepare(tmp_path)
    assert run(folder) == run(folder)
    assert run(folder) != run(folder, seed=4)


def test_a_data_set_without_depth_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="'toy' has no depth"):
        run(prepare(tmp_path, has_depth=False))
    assert not (tmp_path / "scores.csv").exists()


def test_another_colour_than_the_moments_is_refused(tmp_path):
    with pytest.raises(ValueError, match="luma images, not rgb"):
        run(prepare(tmp_path), colour="rgb")


def test_disparity_cannot_be_read_from_depth(tmp_path):
    with pytest.raises(ValueError, match="use the target depth"):
        run(prepare(tmp_path), RECIPE | {"target": "disparity"})


def test_more_latents_than_dimensions_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"n_latents \[17\].*1 to 16"):
        run(prepare(tmp_path), RECIPE | {"n_latents": [17]})
