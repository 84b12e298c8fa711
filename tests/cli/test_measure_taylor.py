import json

import pytest

from spatial_mae.cli.measure_taylor import main
from spatial_mae.files import read_rows

RECIPE = {
    "n_pixels": 6,
    "patch_size": 2,
    "n_hidden_units": 4,
    "mask_ratios": [0.1, 0.8],
    "input_scales": [0.1, 2.0],
    "n_samples": 30,
    "n_masks": 20,
}


def run(tmp_path, **changes):
    output = tmp_path / "taylor.csv"
    recipe = json.dumps(RECIPE | changes)
    main(["--recipe", recipe, "--taylor", str(output), "--record", str(tmp_path / "record.json")])
    return read_rows(output)


def test_rows(tmp_path):
    rows = run(tmp_path)
    assert len(rows) == 8
    assert set(rows[0]) == {
        "lemma",
        "mask_ratio",
        "input_scale",
        "predicted",
        "measured",
        "standard_error",
        "n_masks",
    }
    assert all(row["measured"] > 0 and row["n_masks"] == 8 for row in rows)


def test_mask_ratio_of_one(tmp_path):
    with pytest.raises(ValueError, match=r"mask_ratios\[1\]: 1.0"):
        run(tmp_path, mask_ratios=[0.5, 1.0])
    assert list(tmp_path.iterdir()) == []
