"""The entry point that compares a network with the linear MAE."""

import json

import pytest

from spatial_mae.cli.compare_linear import main
from spatial_mae.files import read_rows

RECIPE = {
    "split": "test",
    "pixels": [[1, 1], [5, 6]],
    "n_images": 4,
    "n_fitted": 40,
    "penalties": [0.01, 1.0],
    "validation_share": 0.2,
    "test_share": 0.2,
    "n_errors": 6,
    "linear_centring": "centred",
    "linear_ridge": 0.01,
    "linear_flip": False,
}


@pytest.fixture
def compare(pretrained, run_with):
    def run(recipe=RECIPE, **changes):
        files = {name: pretrained / f"{name}.csv" for name in ("kernels", "measures")}
        flags = {
            "weights": pretrained / "weights.safetensors",
            "images": pretrained / "manifest.json",
            "moments": pretrained / "moments.npz",
            "recipe": json.dumps(recipe),
            "record": pretrained / "record.json",
        }
        run_with(main, **(flags | files | changes))
        return [read_rows(path) for path in files.values()]

    return run


def test_kernels_of_both_models_and_four_measures(compare):
    kernels, measures = compare()
    counts = {(row["source"], row["output"]): 0 for row in kernels}
    for row in kernels:
        counts[row["source"], row["output"]] += 1
    assert counts == {(s, o): 64 for s in ("network", "linear") for o in (0, 1)}
    own_patch = [
        row for row in kernels if row["output"] == 0 and max(row["row"], row["column"]) < 2
    ]
    assert all(row["value"] is None for row in own_patch)
    found = {row["measure"]: row for row in measures}
    names = ["network_error", "linear_error", "explained_one_mask", "explained_all_masks"]
    assert list(found) == names
    assert found["network_error"]["n_images"] == 6
    assert found["explained_one_mask"]["n_train"] == 24
    assert found["explained_one_mask"]["n_inputs"] == 4 * 4 * 3  # a quarter of 16 patches is seen


def test_more_images_than_there_are_means_all_of_them(compare, pretrained):
    assert compare(RECIPE | {"n_fitted": 61})[1] == compare(RECIPE | {"n_fitted": 60})[1]
    compare(RECIPE | {"n_fitted": 61})
    (remark,) = json.loads((pretrained / "record.json").read_text())["fitted"]
    assert remark == "n_fitted: 61 asked for, the data set has 60 train images: 60 taken"
