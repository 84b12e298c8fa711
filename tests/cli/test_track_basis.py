"""The entry point of kernels over training: every checkpoint in order, the linear MAE last."""

import json

import pytest

from spatial_mae.cli.track_basis import main
from spatial_mae.files import read_rows

RECIPE = {
    "split": "test",
    "n_images": 3,
    "n_shown": 2,
    "pixels": [[1, 1], [5, 6]],
    "powers": [1],
    "channels": ["sum"],
    "bases": ["e"],
    "normalisations": ["no", "all"],
    "linear_centring": "centred",
    "linear_ridge": 0.01,
    "linear_flip": True,
}


@pytest.fixture
def track(pretrained, run_with):
    def run(recipe=RECIPE, **changes):
        files = {name: pretrained / f"{name}.csv" for name in ("basis", "kernels")}
        flags = {
            "weights": pretrained / "weights.safetensors",
            "images": pretrained / "manifest.json",
            "checkpoints": pretrained / "checkpoints",
            "moments": pretrained / "moments.npz",
            "recipe": json.dumps(recipe),
            "record": pretrained / "record.json",
        }
        run_with(main, **(flags | files | changes))
        return [read_rows(path) for path in files.values()]

    return run


def test_epochs_pixels_and_the_linear_model(track):
    numbers, kernels = track()
    places = list(dict.fromkeys((row["source"], row["epoch"]) for row in numbers))
    assert places == [("network", 0), ("network", 1), ("network", 3), ("linear", None)]
    assert {(row["output_row"], row["output_column"]) for row in numbers} == {(1, 1), (5, 6)}
    assert {row["measure"] for row in numbers} == {"spread", "entropy", "adaptivity"}
    assert {(row["n_images"], row["status"], row["epochs"]) for row in numbers} == {
        (3, "completed", 3)
    }
    counts = {s: sum(row["source"] == s for row in kernels) for s in ("image", "network", "linear")}
    assert counts == {"image": 2 * 64, "network": 3 * 2 * 2 * 64, "linear": 2 * 64}


def test_one_checkpoint_alone(track):
    numbers, kernels = track(checkpoints=None, moments=None)
    assert {(row["source"], row["epoch"]) for row in numbers} == {("network", 3)}
    assert {row["source"] for row in kernels} == {"image", "network"}


def test_a_pixel_outside_the_image_is_refused(track, pretrained):
    with pytest.raises(ValueError, match="outside the image"):
        track(RECIPE | {"pixels": [[1, 8]]})
    assert not (pretrained / "basis.csv").exists()
