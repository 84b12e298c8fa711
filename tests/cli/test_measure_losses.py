import json

import numpy as np
import pytest

from spatial_mae.cli import measure_losses
from spatial_mae.files import read_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import RunSettings, solve_run, write_run


def test_it_writes_the_losses_of_all_latents(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 1), dtype=np.uint8)
    settings = RunSettings(2, "raw", 0.0, False)
    moments = pixel_moments(images)
    moments.save(tmp_path / "moments.npz")
    solved = solve_run(moments, settings)
    write_run(tmp_path / "solution.npz", settings, solved)
    recipe = {
        "mask_ratios": [0.5],
        "noise_deviations": [],
        "n_latents": [2],
        "samplings": ["bernoulli"],
    }
    flags = {
        "moments": tmp_path / "moments.npz",
        "solution": tmp_path / "solution.npz",
        "recipe": json.dumps(recipe),
        "losses": tmp_path / "losses.csv",
        "record": tmp_path / "record.json",
    }
    measure_losses.main([text for k, v in flags.items() for text in (f"--{k}", str(v))])
    rows = read_rows(tmp_path / "losses.csv")
    assert list(rows[0]) == ["model", "mask_ratio", "n_latents", "sampling", "loss", "eigenvalue"]
    found = [row["loss"] for row in rows if row["model"] == "mae"]
    assert found == pytest.approx(solved.losses([0.5])[0] / solved.trace)
