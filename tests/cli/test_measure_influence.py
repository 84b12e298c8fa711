import json

import numpy as np
import pytest

from spatial_mae.cli import measure_influence
from spatial_mae.files import read_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import RunSettings, solve_run, write_run


def test_it_writes_measures_and_profiles_of_every_model(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 1), dtype=np.uint8)
    settings, moments = RunSettings(2, "raw", 0.0, True), pixel_moments(images)
    moments.save(tmp_path / "moments.npz")
    write_run(tmp_path / "solution.npz", settings, solve_run(moments, settings))
    recipe = {
        "mask_ratios": [0.25, 0.75],
        "noise_deviations": [0.1],
        "n_latents": [2, "all"],
        "samplings": ["bernoulli"],
    }
    flags = {
        "moments": tmp_path / "moments.npz",
        "solution": tmp_path / "solution.npz",
        "recipe": json.dumps(recipe),
        "influence": tmp_path / "influence.csv",
        "profile": tmp_path / "profile.csv",
        "record": tmp_path / "record.json",
    }
    measure_influence.main([text for k, v in flags.items() for text in (f"--{k}", str(v))])
    rows = read_rows(tmp_path / "influence.csv")
    assert [(r["model"], r["mask_ratio"], r["n_latents"]) for r in rows] == [
        *(("ae", 0.0, 2), ("dae", None, 2), ("ae", 0.0, 16), ("dae", None, 16)),
        *(("mae", m, k) for m in (0.25, 0.75) for k in (2, 16)),
    ]
    assert rows[2]["mean_distance"] == pytest.approx(0, abs=1e-9)
    profile = read_rows(tmp_path / "profile.csv")
    first = [row for row in profile if row["model"] == "ae" and row["n_latents"] == 2]
    assert sum(row["mean_square"] * row["n_pairs"] for row in first) == pytest.approx(16)
    columns = ["distance", "mean_absolute", "mean_square", "n_pairs"]
    assert list(profile[0])[-4:] == columns
