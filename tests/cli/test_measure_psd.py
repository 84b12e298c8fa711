import json

import numpy as np
import pytest

from spatial_mae.cli.measure_psd import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.files import read_rows

RECIPE = {
    "colour": "luma",
    "patches": [2, 4],
    "mask_ratio": 0.25,
    "sampling": "exact",
    "n_images": 6,
    "n_masks": 4,
}


@pytest.fixture
def manifest(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3), dtype=np.uint8)
    splits = {name: [Batch(images)] for name in ("train", "test")}
    path = tmp_path / "data" / "manifest.json"
    write_dataset(path, "noise", "made here", Prepared(splits, (8, 8, 3), "none", "none"), {})
    return path


def run(tmp_path, manifest, **changes):
    output = tmp_path / "psd.csv"
    flags = ["--manifest", str(manifest), "--recipe", json.dumps(RECIPE | changes)]
    main([*flags, "--psd", str(output), "--record", str(tmp_path / "record.json")])
    return read_rows(output)


@pytest.mark.parametrize("colour", ["luma", "gray", "rgb"])
def test_parts_and_frequencies(tmp_path, manifest, colour):
    rows = run(tmp_path, manifest, colour=colour)
    assert len(rows) == 64 * 5
    assert {(row["part"], row["patch"]) for row in rows} == {
        ("image", None),
        ("mask", 2),
        ("mask", 4),
        ("masked", 2),
        ("masked", 4),
    }


def test_mean_power_of_the_mask_is_its_visible_share(tmp_path, manifest):
    rows = run(tmp_path, manifest)
    powers = [row["power"] for row in rows if row["part"] == "mask" and row["patch"] == 2]
    assert np.mean(powers) == pytest.approx(0.75)


def test_patch_that_does_not_divide(tmp_path, manifest):
    with pytest.raises(ValueError, match="do not divide"):
        run(tmp_path, manifest, patches=[3])
    assert not (tmp_path / "psd.csv").exists()


def test_missing_data(tmp_path):
    with pytest.raises(FileNotFoundError, match="manifest"):
        run(tmp_path, tmp_path / "manifest.json")
