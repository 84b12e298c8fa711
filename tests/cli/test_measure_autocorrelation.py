import json

import numpy as np

from spatial_mae.cli import measure_autocorrelation
from spatial_mae.files import read_rows
from spatial_mae.linear.moments import pixel_moments


def test_it_writes_one_row_a_displacement(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 1), dtype=np.uint8)
    pixel_moments(images).save(tmp_path / "moments.npz")
    recipe = {"borders": ["zero"], "mean_removals": ["none", "image"], "max_displacement": 1}
    flags = {
        "moments": tmp_path / "moments.npz",
        "recipe": json.dumps(recipe),
        "autocorrelation": tmp_path / "autocorrelation.csv",
        "record": tmp_path / "record.json",
    }
    measure_autocorrelation.main([text for k, v in flags.items() for text in (f"--{k}", str(v))])
    rows = read_rows(tmp_path / "autocorrelation.csv")
    assert len(rows) == 2 * 9
    columns = ["border", "mean_removal", "dx", "dy", "distance", "correlation", "covariance"]
    assert list(rows[0]) == columns
    at_home = [row["correlation"] for row in rows if row["dx"] == row["dy"] == 0]
    assert at_home == [1, 1]
