"""The first look at a data set: what is tried, what is left out, what may mislead."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from toy_training import toy_dataset

from spatial_mae.advise.looking import correlation_length, duplicates, jpeg_grid
from spatial_mae.cli.look_at_images import main
from spatial_mae.data.store import Batch, Prepared, open_dataset, write_dataset
from spatial_mae.files import read_arrays, read_json

BLOCK = {"dataset": "toy", "model": "tiny", "training": "short", "rungs": [1]}


def run(folder, manifest, **changes):
    flags = {"manifest": manifest, "block": json.dumps(BLOCK | changes), "held-out": 0.2}
    flags |= {"look": folder / "look.json", "images": folder / "look.npz"}
    flags |= {"record": folder / "record.json"}
    main([text for key, value in flags.items() for text in (f"--{key}", str(value))])
    return read_json(folder / "look.json")


def dataset(folder, images, labels=None, classes=None, test=None, pixels="drawn"):
    """A data set of uint8 images (n, height, width, channels)."""
    test = images[:4] if test is None else test
    splits = {
        "train": [Batch(images, labels)],
        "test": [Batch(test, None if labels is None else labels[: len(test)])],
    }
    prepared = Prepared(splits, images.shape[1:], pixels, "none", classes=classes)
    write_dataset(folder / "manifest.json", "toy", "dead_leaves", prepared, {})
    return folder / "manifest.json"


def noise(n, *shape, seed=0):
    return np.random.default_rng(seed).integers(256, size=(n, *shape), dtype=np.uint8)


def test_what_is_tried_on_images_of_two_sides(tmp_path):
    found = run(tmp_path, toy_dataset(tmp_path, size=(8, 12)))
    assert [s["patch"] for s in found["kept"]] == [2, 4]
    assert {d["patch"] for d in found["dropped"]} == {8, 16}
    assert found["default"] == {"patch": 4, "mask": 0.75, "feasible": True}
    assert found["objective"] == "error" and found["labelled"]
    assert read_arrays(tmp_path / "look.npz")["images"].shape == (12, 8, 12, 3)


@pytest.mark.parametrize(
    ("size", "message"),
    [((7, 11), "only single pixels tile it"), ((1, 9), "prepare larger images")],
)
def test_images_that_nothing_tiles_are_refused(tmp_path, size, message):
    manifest = dataset(tmp_path, noise(20, *size, 3))
    with pytest.raises(ValueError, match=message):
        run(tmp_path, manifest)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.zeros(40, int), ["all"]),
        (np.arange(40) // 2, [f"c{i}" for i in range(20)]),
        (None, None),
    ],
    ids=["one class", "two images a class", "no classes"],
)
def test_labels_that_teach_nothing_do_not_count(tmp_path, labels, classes):
    found = run(tmp_path, dataset(tmp_path, noise(40, 8, 8, 1), labels, classes))
    assert found["objective"] == "agreement" and not found["labelled"] and found["n_labels"] == 0
    assert found["n_sorted"] == (0 if labels is None else 40)
    with pytest.raises(ValueError, match="objective labels"):
        run(tmp_path, tmp_path / "manifest.json", objective="labels")


@pytest.mark.parametrize(("n", "objective"), [(6, "error"), (10, "agreement")])
def test_one_image_held_out_has_no_others_that_its_halves_could_be_taken_for(
    tmp_path, n, objective
):
    """A fifth of 6 images is one, of 10 two."""
    manifest = dataset(tmp_path, noise(n, 8, 8, 1))
    assert run(tmp_path, manifest)["objective"] == objective
    if objective == "error":
        with pytest.raises(ValueError, match="one image alone is held out; .* bring more images"):
            run(tmp_path, manifest, objective="agreement")


def test_near_duplicates_across_the_split_are_counted(tmp_path):
    images = noise(50, 16, 16, 1)
    images = np.concatenate([images, np.clip(images + 1.0, 0, 255).astype(np.uint8)])
    found = duplicates(open_dataset(dataset(tmp_path, images)), 0.2, 0)
    assert found > 0.5
    assert duplicates(open_dataset(dataset(tmp_path, noise(100, 16, 16, 1))), 0.2, 0) == 0


def test_the_grid_of_jpeg_is_seen_where_it_is():
    smooth = np.cumsum(np.random.default_rng(0).normal(size=(200, 32, 32)), axis=1).cumsum(axis=2)
    smooth = np.interp(smooth, (-150, 150), (0, 255)).astype(np.uint8)
    stored = np.stack([_as_jpeg(image) for image in smooth])[..., None]
    assert jpeg_grid(stored)[1]
    assert not jpeg_grid(smooth[..., None])[1]
    assert not jpeg_grid(noise(200, 4, 4, 1))[1]


@pytest.mark.parametrize(("pixels", "suspect"), [("drawn", True), ("generated, lossless", False)])
def test_generated_images_were_never_jpeg(tmp_path, pixels, suspect):
    tiles = np.kron(noise(200, 2, 2, 1), np.ones((8, 8, 1), np.uint8))
    tiles = np.clip(tiles + noise(200, 16, 16, 1) / 16.0, 0, 255).astype(np.uint8)
    found = run(tmp_path, dataset(tmp_path, tiles, pixels=pixels))
    assert found["blockiness"] > 2 and found["jpeg_grid"] is suspect


def _as_jpeg(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=60)
    return np.asarray(Image.open(file))


def test_the_correlation_length_of_noise_and_of_blocks():
    assert correlation_length(noise(500, 16, 16, 1)) < 1
    blocks = np.kron(noise(500, 4, 4, 1), np.ones((4, 4, 1), np.uint8))
    assert correlation_length(blocks) == pytest.approx(2.77, abs=0.1)
    assert correlation_length(np.zeros((5, 8, 8, 1), np.uint8)) == 0
