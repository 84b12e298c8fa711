"""The entry point: from a data set to the rows of its subsets and their limits."""

import json

import numpy as np
import pytest

from spatial_mae.cli.measure_influence_limit import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.files import read_rows
from spatial_mae.tables.limits import limit
from spatial_mae.tables.rows import pick

RECIPE = {
    "mask_ratios": [0.5],
    "noise_deviations": [0.1],
    "n_latents": [3, "all"],
    "halvings": 3,
    "ridges": [0.001, 0.1],
}


def run(folder, n="all", seed=0, **changes):
    images = np.random.default_rng(0).integers(0, 256, (240, 4, 4, 1), dtype=np.uint8)
    splits = {"train": [Batch(images)], "test": [Batch(images[:2])]}
    manifest = folder / "data" / "manifest.json"
    if not manifest.exists():
        write_dataset(manifest, "noise", "here", Prepared(splits, (4, 4, 1), "none", "none"), {})
    flags = {"manifest": manifest, "colour": "luma", "n": n, "patch-size": 2}
    flags |= {"centring": "centred", "flip": "no", "recipe": json.dumps(RECIPE | changes)}
    flags |= {"limits": folder / "limits.csv", "subsets": folder / "subsets.csv", "seed": seed}
    flags |= {"record": folder / "record.json"}
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "limits.csv"), read_rows(folder / "subsets.csv")


def test_limits_are_those_of_the_subset_rows(tmp_path):
    limits, subsets = run(tmp_path)
    assert {row["n_images"] for row in subsets} == {216, 108, 54}
    assert {row["ridge_chosen"] for row in [*limits, *subsets]} <= {0.001, 0.1}
    for row in pick(limits, against=None):
        same = {key: row[key] for key in ("model", "mask_ratio", "noise_deviation", "n_latents")}
        found = limit(pick(subsets, **same), row["measure"])
        assert row["value"] == pytest.approx(found.value, abs=1e-9)
        assert row["interval_low"] == pytest.approx(found.low, abs=1e-9)


def test_the_seed_decides_the_subsets(tmp_path):
    first, again, other = (run(tmp_path, seed=seed)[1] for seed in (0, 0, 1))
    assert first == again != other


def test_a_share_is_a_number_of_images(tmp_path):
    assert run(tmp_path, n="90%") == run(tmp_path, n="216") != run(tmp_path)


def test_too_few_images_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match="fewer halvings"):
        run(tmp_path, n="100")
    assert not (tmp_path / "limits.csv").exists()
