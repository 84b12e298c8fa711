"""The entry point that writes a generated set in COCO's format."""

import json

import numpy as np
import pytest

from spatial_mae.cli.write_coco import main
from spatial_mae.data.outlined_shapes import CLASSES, OutlinedShapes, prepare
from spatial_mae.data.store import write_dataset
from spatial_mae.files import read_json

RECIPE = {"n_train": 5, "n_test": 3, "size": [32, 32], "radius": [4, 8]}


@pytest.fixture
def written(tmp_path, run_with):
    """A folder with a prepared data set of seed 1, and what the entry point writes of it."""
    recipe = OutlinedShapes(n_train=5, n_test=3, size=(32, 32), radius=(4, 8))
    prepared = prepare(recipe, None, None, np.random.default_rng(1))
    write_dataset(tmp_path / "manifest.json", "shapes", "outlined_shapes", prepared, RECIPE)

    def call(seed=1):
        run_with(
            main,
            manifest=tmp_path / "manifest.json",
            recipe=json.dumps(RECIPE),
            train=tmp_path / "coco/train.json",
            test=tmp_path / "coco/test.json",
            images=tmp_path / "coco/images",
            seed=seed,
            record=tmp_path / "coco/record.json",
        )
        return tmp_path / "coco"

    return call


def test_both_splits_with_the_files_that_they_name(written):
    folder = written()
    for split, n in (("train", 5), ("test", 3)):
        found = read_json(folder / f"{split}.json")
        assert [one["name"] for one in found["categories"]] == list(CLASSES)
        assert len(found["images"]) == n
        assert all((folder / image["file_name"]).is_file() for image in found["images"])
        assert {one["image_id"] for one in found["annotations"]} == set(range(1, n + 1))


def test_another_seed_than_that_of_the_images_is_refused(written):
    with pytest.raises(ValueError, match="differ from those of the prepared data set"):
        written(seed=2)
