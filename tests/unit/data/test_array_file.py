"""Images from an .npz file."""

import numpy as np
import pytest

from spatial_mae.data import array_file

RECIPE = array_file.ArrayFile(None, "lossless", "none")


def arrays(**changes):
    rng = np.random.default_rng(0)
    values = {
        "train_images": rng.integers(0, 256, (1500, 4, 4, 3), dtype=np.uint8),
        "test_images": rng.integers(0, 256, (3, 4, 4, 3), dtype=np.uint8),
        "train_labels": rng.integers(0, 3, 1500).astype(np.uint8),
        "test_labels": np.array([0, 1, 2], np.uint8),
    }
    return {k: v for k, v in (values | changes).items() if v is not None}


def prepare(path, values, recipe=RECIPE):
    np.savez(path, **values)
    return array_file.prepare(recipe, path, None, np.random.default_rng(0))


def test_arrays_come_through_in_order(tmp_path):
    values = arrays()
    prepared = prepare(tmp_path / "a.npz", values)
    parts = list(prepared.splits["train"])
    assert len(parts) == 2 and prepared.classes == ("0", "1", "2")
    joined = np.concatenate([part.images for part in parts])
    np.testing.assert_array_equal(joined, values["train_images"])


def test_grey_images_and_no_labels(tmp_path):
    grey = {k: np.zeros((2, 5, 4), np.uint8) for k in ("train_images", "test_images")}
    prepared = prepare(tmp_path / "a.npz", grey)
    assert prepared.shape == (5, 4, 1) and prepared.classes is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"test_images": None}, "lacks test_images; it holds train_images"),
        ({"train_images": np.zeros((2, 4, 4, 3))}, "expected uint8"),
        ({"train_images": np.zeros((2, 4, 4, 2), np.uint8)}, "expected uint8"),
        ({"test_images": np.zeros((2, 4, 5, 3), np.uint8)}, "differ in shape"),
        ({"test_labels": None}, "both train and test"),
        ({"test_labels": np.zeros(3)}, "must be integers"),
        ({"train_labels": np.zeros(1524, int)}, r"train_labels is \(1524,\) for 1500 train_images"),
        (
            {"train_images": np.zeros((1024, 4, 4, 3), np.uint8)},
            r"train_labels is \(1500,\) for 1024 train_images; expected \(1024,\)",
        ),
        ({"test_labels": np.zeros((3, 1), int)}, r"test_labels is \(3, 1\) for 3 test_images"),
        ({"train_labels": np.array([{"a": 1}] * 1500)}, "cannot be read as plain .npz"),
    ],
)
def test_other_contents_are_refused(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        prepare(tmp_path / "a.npz", arrays(**change))


def test_more_labels_than_classes_are_refused(tmp_path):
    recipe = array_file.ArrayFile(("a", "b"), "lossless", "none")
    with pytest.raises(ValueError, match="labels up to 2, but 2 classes"):
        prepare(tmp_path / "a.npz", arrays(), recipe)


@pytest.mark.parametrize("name", ["a.npy", "a.png", "labels.csv"])
def test_other_files_are_refused_with_what_to_bring(tmp_path, name):
    with (tmp_path / name).open("wb") as file:
        np.save(file, np.zeros((2, 4, 4, 3), np.uint8)) if name == "a.npy" else file.write(b"x,y")
    with pytest.raises(ValueError, match=r"is no .npz file; name a folder .* np.savez\(path"):
        array_file.prepare(RECIPE, tmp_path / name, None, np.random.default_rng(0))


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="set `root:` to the .npz"):
        array_file.prepare(RECIPE, None, None, np.random.default_rng(0))
    np.savez(tmp_path / "a.npz", **arrays())
    (tmp_path / "a.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:-100])
    with pytest.raises(ValueError, match="cannot be read"):
        array_file.prepare(RECIPE, tmp_path / "a.npz", None, np.random.default_rng(0))


def test_the_lossless_subset_of_cifar10(shared_data):
    path = shared_data / "cifar10-lossless-subset.npz"
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    prepared = array_file.prepare(RECIPE, path, None, np.random.default_rng(0))
    assert sum(len(part.images) for part in prepared.splits["train"]) == 8068
    assert prepared.shape == (32, 32, 3) and len(prepared.classes) == 10
