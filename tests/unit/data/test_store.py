"""The data set on disk: what is written is read back; what fails leaves nothing."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from spatial_mae.data.cautions import class_warnings, dark_warnings, singular_warnings
from spatial_mae.data.labels import class_names
from spatial_mae.data.store import Batch, Prepared, open_dataset, write_dataset
from spatial_mae.files import read_json, sha256


def batches(rng, sizes, depth=True):
    for n in sizes:
        yield Batch(
            rng.integers(0, 256, (n, 4, 6, 3), dtype=np.uint8),
            rng.integers(0, 2, n),
            rng.random((n, 4, 6), dtype=np.float32) if depth else None,
        )


def prepared(train, test, **changes):
    values = {"classes": ["a", "b"], "depth_unit": "m"} | changes
    return Prepared({"train": train, "test": test}, (4, 6, 3), "lossless", "none", **values)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_read_back(tmp_path):
    parts = {s: list(batches(np.random.default_rng(n), (5, 0, 3))) for n, s in enumerate("ab")}
    manifest = tmp_path / "manifest.json"
    written = write_dataset(manifest, "x", "y", prepared(parts["a"], parts["b"]), {"k": 1})
    dataset = open_dataset(manifest)
    assert dataset.manifest == read_json(manifest) == written
    for split, key in (("train", "a"), ("test", "b")):
        for part in ("images", "labels", "depth"):
            array = getattr(dataset, part)(split)
            assert isinstance(array, np.memmap) and not array.flags.writeable
            expected = np.concatenate([getattr(batch, part) for batch in parts[key]])
            np.testing.assert_array_equal(array, expected)
    assert (written["n_train"], written["n_test"]) == (8, 8)
    assert sum(written["class_counts"]["train"]) == 8
    entry = written["files"]["train_labels.npy"]
    assert entry == {
        "sha256": sha256(tmp_path / "train_labels.npy"),
        "shape": [8],
        "dtype": "int64",
    }


def test_a_data_set_without_labels_says_so(tmp_path):
    rng = np.random.default_rng(0)
    source = prepared(batches(rng, [2]), batches(rng, [2]), classes=None, depth_unit=None)
    written = write_dataset(tmp_path / "manifest.json", "x", "y", source, {})
    assert names(tmp_path) == [".manifest.json.sha256", "manifest.json", "test.npy", "train.npy"]
    assert written["classes"] is None and not written["has_depth"]
    with pytest.raises(FileNotFoundError, match="'x' has no labels"):
        open_dataset(tmp_path / "manifest.json").labels("train")


def test_an_array_with_one_bit_flipped_is_named(tmp_path):
    rng = np.random.default_rng(0)
    source = prepared(batches(rng, [2]), batches(rng, [2]), classes=None, depth_unit=None)
    write_dataset(tmp_path / "manifest.json", "x", "y", source, {})
    dataset = open_dataset(tmp_path / "manifest.json")
    dataset.images("test")
    content = bytearray((tmp_path / "train.npy").read_bytes())
    content[-1] ^= 1
    (tmp_path / "train.npy").write_bytes(content)
    with pytest.raises(ValueError, match=r"train\.npy is not what was written there"):
        dataset.images("train")


def failing():
    yield from batches(np.random.default_rng(0), [4])
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("train", "error", "message"),
    [
        (failing, KeyboardInterrupt, None),
        (list, ValueError, "train split has no images"),
        (lambda: [Batch(np.zeros((1, 5, 6, 3), np.uint8))], ValueError, "of shape"),
        (
            lambda: [Batch(np.zeros((1, 4, 6, 3), np.uint8), np.array([2]), np.zeros((1, 4, 6)))],
            ValueError,
            "labels outside 0..1",
        ),
        (
            lambda: [Batch(np.zeros((1, 4, 6, 3)), np.array([0]), np.zeros((1, 4, 6)))],
            ValueError,
            "expected uint8",
        ),
    ],
)
def test_a_failure_leaves_nothing_even_of_an_older_data_set(tmp_path, train, error, message):
    rng = np.random.default_rng(0)
    older = prepared(batches(rng, [2]), batches(rng, [2]))
    write_dataset(tmp_path / "manifest.json", "x", "y", older, {})
    with pytest.raises(error, match=message):
        write_dataset(
            tmp_path / "manifest.json", "x", "y", prepared(train(), batches(rng, [2])), {}
        )
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_leaves_nothing(tmp_path):
    """The limit on file sizes stands in for the full disk: the write fails in the middle."""
    code = f"""
import resource, numpy as np
from pathlib import Path
from spatial_mae.data.store import Batch, Prepared, write_dataset
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))
images = lambda n: (Batch(np.ones((64, 32, 32, 1), np.uint8)) for _ in range(n))
source = Prepared({{"train": images(2), "test": images(9)}}, (32, 32, 1), "", "")
write_dataset(Path({str(tmp_path)!r}, "manifest.json"), "x", "y", source, {{}})
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 1 and "File too large" in run.stderr
    assert names(tmp_path) == []


def test_missing_and_foreign_files_are_named(tmp_path):
    manifest = tmp_path / "manifest.json"
    with pytest.raises(FileNotFoundError, match="prepare it first"):
        open_dataset(manifest)
    rng = np.random.default_rng(0)
    write_dataset(manifest, "x", "y", prepared(batches(rng, [2]), batches(rng, [2])), {})
    (tmp_path / "train.npy").unlink()
    np.save(tmp_path / "test.npy", np.zeros((2, 4, 6, 1), np.uint8))
    dataset = open_dataset(manifest)
    with pytest.raises(FileNotFoundError, match="prepare the data again"):
        dataset.images("train")
    with pytest.raises(ValueError, match=r"test\.npy is not what was written there"):
        dataset.images("test")
    with pytest.raises(ValueError, match="unknown split 'val'"):
        dataset.images("val")


def test_fewer_images_than_dimensions_is_a_warning_with_its_consequence():
    assert singular_warnings(3072, (32, 32, 3)) == []
    (colour,) = singular_warnings(3071, (32, 32, 3))
    assert "3071 training images for 3072 dimensions (rgb)" in colour and "singular" in colour
    assert len(singular_warnings(100, (32, 32, 3))) == 2
    assert "ridge" in singular_warnings(100, (32, 32, 1))[0]


def test_what_a_killed_attempt_left_is_removed_and_named(tmp_path, capsys):
    rest = tmp_path / ".train.123.tmp.npy"
    rest.write_bytes(b"half")
    rng = np.random.default_rng(0)
    source = prepared(batches(rng, [3]), batches(rng, [2]), n_expected={"train": 4})
    write_dataset(tmp_path / "manifest.json", "x", "y", source, {})
    assert not rest.exists()
    log = capsys.readouterr().err
    assert f"{rest}: left by an attempt that was killed" in log
    assert "train: 3 of 4 images" in log and "test: 2 of ? images" in log


def test_no_room_is_an_error_before_the_first_image(tmp_path):
    source = prepared(failing(), [], n_expected={"train": 10**15, "test": 1})
    with pytest.raises(OSError, match="take 7.2e\\+07 GB, but the disk of .* free some space"):
        write_dataset(tmp_path / "manifest.json", "x", "y", source, {})
    assert names(tmp_path) == []


def test_classes_of_one_split_are_named():
    counts = {"train": [3, 0, 2, 0], "test": [0, 1, 1, 0]}
    assert class_warnings(["a", "b", "c", "d"], counts) == [
        "1 classes without train images: b",
        "1 classes without test images: a",
        "1 classes without any image: d",
    ]
    assert class_warnings(["a"], {"train": [1], "test": [1]}) == []
    assert class_warnings(None, {"train": [1], "test": [1]}) == []


def test_black_images_are_told(tmp_path):
    assert dark_warnings(32) == []
    assert "no pixel is above 16 of 255" in dark_warnings(16)[0]
    for level, n_warnings in ((16, 2), (200, 1)):
        batch = Batch(np.full((2, 4, 4, 1), level, np.uint8))
        prepared = Prepared({"train": [batch], "test": [batch]}, (4, 4, 1), "", "")
        manifest = write_dataset(tmp_path / "manifest.json", "d", "s", prepared, {})
        assert len(manifest["warnings"]) == n_warnings


def test_factors_of_a_class_are_labels_too(tmp_path):
    rng = np.random.default_rng(0)
    factors = {"hue": ("red", "blue", "red"), "form": ("disc", "disc", "ring")}
    source = prepared(batches(rng, [9]), batches(rng, [9]), classes=["a", "b", "c"])
    write_dataset(tmp_path / "manifest.json", "x", "y", replace(source, factors=factors), {})
    dataset = open_dataset(tmp_path / "manifest.json")
    classes = dataset.labels("train")
    assert class_names(dataset.manifest) == ["a", "b", "c"]
    for name, values in factors.items():
        names = class_names(dataset.manifest, name)
        assert names == list(dict.fromkeys(values))
        assert [names[i] for i in dataset.labels("train", name)] == [values[c] for c in classes]
    with pytest.raises(ValueError, match="'x' has no label 'size' .it has: class, hue, form"):
        dataset.labels("train", "size")


@pytest.mark.parametrize("factors", [{"hue": ("red",)}, {"class": ("red", "blue")}])
def test_factors_name_a_value_for_each_class(tmp_path, factors):
    rng = np.random.default_rng(0)
    source = prepared(batches(rng, [2]), batches(rng, [2]), factors=factors)
    with pytest.raises(ValueError, match="expected a name for each of 2 classes"):
        write_dataset(tmp_path / "manifest.json", "x", "y", source, {})
    assert names(tmp_path) == []
