"""The pixel control's entry point: from a data set and its moments to a table."""

import json

import numpy as np
import pytest

from spatial_mae.cli.probe_pixels import main
from spatial_mae.data.store import Batch, Prepared, write_dataset
from spatial_mae.evaluation.probing import COLUMNS
from spatial_mae.files import read_json, read_rows
from spatial_mae.linear.moments import pixel_moments

RECIPE = {
    "representations": ["mean"],
    "checkpoints": "last",
    "n_train": 50,
    "n_test": None,
    "validation_share": 0.2,
    "penalties": [0.01, 0.1],
    "max_iterations": 50,
    "neighbours": 5,
    "n_reconstructed": 1,
    "n_masks": 1,
    "n_gallery": 0,
    "control_colour": "luma",
    "control_centring": "centred",
    "control_ridge": 0,
}


def prepare(folder, classes=("left", "right")):
    rng = np.random.default_rng(0)
    batches = {}
    for split, n in (("train", 60), ("test", 40)):
        labels = rng.integers(2, size=n)
        images = rng.integers(100, size=(n, 4, 6, 1)).astype(np.uint8)
        images[labels == 1, :, 3:] += 100
        batches[split] = [Batch(images, labels if classes else None)]
    pixel_moments(batches["train"][0].images).save(folder / "moments.npz")
    prepared = Prepared(batches, (4, 6, 1), "drawn", "none", classes)
    write_dataset(folder / "manifest.json", "toy", "test", prepared, {})
    return folder


def run(folder, recipe=RECIPE, **changes):
    flags = {
        "manifest": folder / "manifest.json",
        "moments": folder / "moments.npz",
        "width": 3,
        "recipe": json.dumps(recipe),
        "threads": 1,
        "scores": folder / "scores.csv",
        "seed": 0,
        "record": folder / "record.json",
    } | changes
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_rows(folder / "scores.csv")


def test_writes_both_controls_and_a_record(tmp_path):
    rows = run(prepare(tmp_path))
    assert list(rows[0]) == list(COLUMNS)
    found = {(row["representation"], row["model_width"], row["protocol"]) for row in rows}
    names = (("raw_pixels", 24), ("pca", 3))
    assert found == {(*name, protocol) for name in names for protocol in ("linear_probe", "knn")}
    assert min(row["value"] for row in rows) > 0.9
    assert len(read_json(tmp_path / "record.json")["inputs"]) == 2


def test_images_without_labels(tmp_path):
    folder = prepare(tmp_path, classes=None)
    with pytest.raises(ValueError, match="'toy' has no labels to probe with"):
        run(folder)
    assert run(folder, RECIPE | {"representations": []}) == []


def test_a_misspelt_key_is_named(tmp_path):
    with pytest.raises(ValueError, match="did you mean 'neighbours'"):
        run(prepare(tmp_path), RECIPE | {"neighbors": 3})
