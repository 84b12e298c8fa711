"""ImageNet 64 x 64 in miniature: the official names and keys, as arrays and as pickles."""

import pickle

import numpy as np
import pytest

from spatial_mae.data import imagenet64
from spatial_mae.data.pickles import planar_images

RECIPE = imagenet64.Imagenet64((64, 64))


def batch(seed, n=5):
    rng = np.random.default_rng(seed)
    data = rng.integers(0, 256, (n, 12288), dtype=np.uint8)
    return {"data": data, "labels": rng.integers(1, 1001, n), "mean": data.mean(axis=0)}


def write(folder, kind, names=("train_data_batch_1", "train_data_batch_10", "val_data")):
    folder.mkdir(exist_ok=True)
    for seed, name in enumerate(names):
        values = batch(seed)
        if kind == "npz":
            np.savez_compressed(folder / f"{name}.npz", **values)
        else:
            values["labels"] = values["labels"].tolist()
            (folder / name).write_bytes(pickle.dumps(values))
    return folder


def read(root, recipe=RECIPE):
    prepared = imagenet64.prepare(recipe, root, None, np.random.default_rng(0))
    joined = {
        split: [np.concatenate([getattr(b, k) for b in parts]) for k in ("images", "labels")]
        for split, parts in ((s, list(p)) for s, p in prepared.splits.items())
    }
    return prepared, joined


@pytest.mark.parametrize("kind", ["npz", "pickle"])
def test_batches_are_read_in_order_and_labels_start_at_zero(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(imagenet64, "ROWS", 2)
    prepared, splits = read(write(tmp_path, kind))
    expected = np.concatenate([batch(0)["data"], batch(1)["data"]])
    np.testing.assert_array_equal(splits["train"][0], planar_images(expected, 64, "x"))
    np.testing.assert_array_equal(splits["test"][1], batch(2)["labels"] - 1)
    assert len(prepared.classes) == 1000
    assert prepared.warnings == ["8 of the 10 training batches are absent"]


def test_smaller_sizes_are_block_means(tmp_path):
    small = read(write(tmp_path, "npz"), imagenet64.Imagenet64((32, 32)))[1]["test"][0]
    whole = read(tmp_path)[1]["test"][0]
    expected = np.rint(whole.reshape(-1, 32, 2, 32, 2, 3).mean(axis=(2, 4)))
    np.testing.assert_array_equal(small, expected)


def test_other_contents_are_refused(tmp_path):
    folder = write(tmp_path, "npz")
    for change, message in (
        ({"labels": np.zeros(5, int)}, "labels 0..0, expected 1..1000"),
        ({"labels": np.ones(4, int)}, "for 5 images"),
        ({"data": np.zeros((5, 3072), np.uint8)}, "expected uint8"),
        ({"data": np.zeros((5, 12288))}, "expected uint8"),
        ({"labels": np.array([{}] * 5)}, "cannot be read"),
    ):
        np.savez(folder / "val_data.npz", **(batch(0) | change))
        with pytest.raises(ValueError, match=message):
            read(folder)


def test_damaged_files_are_named(tmp_path):
    folder = write(tmp_path, "npz")
    path = folder / "train_data_batch_1.npz"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="train_data_batch_1.npz cannot be read"):
        read(folder)


def test_missing_data_says_where_to_get_it(tmp_path):
    for root in (None, tmp_path):
        with pytest.raises(FileNotFoundError, match="https://image-net.org/download-images"):
            read(root)
    write(tmp_path, "npz", ["val_data"])
    with pytest.raises(FileNotFoundError, match="no train_data_batch"):
        read(tmp_path)


def test_impossible_sizes_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"size\[0\]: 65 .* at most 64"):
        read(tmp_path, imagenet64.Imagenet64((65, 64)))
