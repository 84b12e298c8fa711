"""The entry point of gains: from moments and a solution to two tables, with a record."""

import json
from itertools import product

import numpy as np
import pytest

from spatial_mae.cli.predict_gains import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.files import read_json, read_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import RunSettings, solve_run, write_run
from spatial_mae.study.measurements import KINDS

RECIPE = {"mask_ratios": [0.5, 0.9], "n_latents": [3], "orders": [0, 1, 2], "n_draws": 20}


@pytest.fixture
def solved(tmp_path):
    rng, splits = np.random.default_rng(0), {}
    for split, n in (("train", 120), ("test", 40)):
        walk = rng.normal(size=(n, 4, 6, 1)).cumsum(axis=1).cumsum(axis=2)
        splits[split] = [Batch(np.clip(128 + 20 * walk, 0, 255).astype(np.uint8))]
    moments = pixel_moments(splits["train"][0].images)
    moments.save(tmp_path / "moments.npz")
    settings = RunSettings(2, "centred", 0.001, True)
    write_run(tmp_path / "solution.npz", settings, solve_run(moments, settings))
    prepared = Prepared(splits, (4, 6, 1), "none", "none")
    write_dataset(tmp_path / "manifest.json", "walks", "made here", prepared, {})
    return tmp_path


def run(folder, recipe=RECIPE, **changes):
    flags = {
        "manifest": folder / "manifest.json",
        "moments": folder / "moments.npz",
        "solution": folder / "solution.npz",
        "colour": "luma",
        "patch-size": 2,
        "centring": "centred",
        "ridge": 0.001,
        "flip": "yes",
        "recipe": json.dumps(recipe),
        "gains": folder / "gains.csv",
        "ranks": folder / "ranks.csv",
        "seed": 0,
        "record": folder / "record.json",
    } | {key.replace("_", "-"): value for key, value in changes.items()}
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "gains.csv"), read_rows(folder / "ranks.csv")


def test_writes_all_targets_their_ranks_and_a_record(solved):
    gains, ranks = run(solved)
    names = ("exact", "turn", "redundancy", "missed")
    assert {(row["target"], row["predictor"]) for row in gains} == set(
        product(("gabor", "cosine"), names)
    )
    assert len(ranks) == 2 * 2 * 4
    assert all(-1 <= row["rank_correlation"] <= 1 for row in ranks)
    assert len(gains) == sum(row["n_targets"] for row in ranks)
    inputs = read_json(solved / "record.json")["inputs"]
    assert {path.rpartition("/")[2] for path in inputs} >= {"moments.npz", "solution.npz"}


@pytest.mark.parametrize(("kind", "file"), [("target_gains", 0), ("target_ranks", 1)])
def test_columns_are_those_declared(solved, kind, file):
    assert tuple(run(solved)[file][0]) == KINDS[kind].columns


def test_equal_seeds_give_equal_tables(solved):
    assert run(solved) == run(solved)
    assert run(solved)[1] != run(solved, seed=1)[1]


def test_a_mask_ratio_that_hides_nothing_is_refused_before_anything_is_read(tmp_path):
    for name in ("manifest.json", "moments.npz", "solution.npz"):
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=r"mask_ratios\[0\]: 0"):
        run(tmp_path, RECIPE | {"mask_ratios": [0]})
    assert not (tmp_path / "gains.csv").exists()
