"""CIFAR-10-C and CIFAR-10.1 as their authors lay them out, in small."""

import numpy as np
import pytest

from spatial_mae.data.cifar10 import CLASSES
from spatial_mae.data.shifted import cifar10_1, cifar10_c


@pytest.fixture
def corrupted(tmp_path):
    """Two corruptions of four images: every pixel holds the severity, the first one the image."""
    labels = np.array([3, 0, 9, 5])
    np.save(tmp_path / "labels.npy", np.tile(labels, 5))
    for name, level in (("fog", 100), ("snow", 200)):
        images = np.full((20, 4, 4, 3), level, np.uint8) + np.repeat(np.arange(1, 6), 4)[
            :, None, None, None
        ].astype(np.uint8)
        images[:, 0, 0, 0] = np.tile(np.arange(4), 5)
        np.save(tmp_path / f"{name}.npy", images)
    return tmp_path


def test_each_corruption_at_each_severity(corrupted):
    found = cifar10_c(corrupted)
    assert [(part.corruption, part.severity) for part in found] == [
        (name, severity) for name in ("fog", "snow") for severity in range(1, 6)
    ]
    for part in found:
        level = {"fog": 100, "snow": 200}[part.corruption] + part.severity
        assert (part.images[:, 1:] == level).all()
        assert part.images[:, 0, 0, 0].tolist() == [0, 1, 2, 3]
        assert [part.classes[label] for label in part.labels] == ["cat", "airplane", "truck", "dog"]


def test_a_corruption_of_other_length_or_type_is_refused(corrupted):
    np.save(corrupted / "fog.npy", np.zeros((19, 4, 4, 3), np.uint8))
    with pytest.raises(
        ValueError, match=r"fog.npy holds uint8 \(19, 4, 4, 3\); expected uint8 \(20"
    ):
        cifar10_c(corrupted)
    np.save(corrupted / "fog.npy", np.zeros((20, 4, 4, 3)))
    with pytest.raises(ValueError, match="fog.npy holds float64"):
        cifar10_c(corrupted)


def test_labels_must_be_those_of_cifar10_five_times(corrupted):
    np.save(corrupted / "labels.npy", np.full(20, 10))
    with pytest.raises(ValueError, match="integers .* from 0 to 9"):
        cifar10_c(corrupted)
    np.save(corrupted / "labels.npy", np.zeros(19, int))
    with pytest.raises(ValueError, match="19 labels, not 5 for each"):
        cifar10_c(corrupted)


def test_missing_and_broken_files_are_named(corrupted):
    (corrupted / "snow.npy").write_bytes(b"not an array")
    with pytest.raises(ValueError, match="snow.npy cannot be read as a .npy array"):
        cifar10_c(corrupted)
    for name in ("fog", "snow"):
        (corrupted / f"{name}.npy").unlink()
    with pytest.raises(FileNotFoundError, match="no corruption, such as fog.npy"):
        cifar10_c(corrupted)
    (corrupted / "labels.npy").unlink()
    with pytest.raises(FileNotFoundError, match="no file .*labels.npy"):
        cifar10_c(corrupted)


def test_the_versions_of_cifar10_1_that_are_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="neither cifar10.1_v4_data.npy nor that of v6"):
        cifar10_1(tmp_path)
    images = np.zeros((6, 4, 4, 3), np.uint8)
    np.save(tmp_path / "cifar10.1_v6_data.npy", images)
    with pytest.raises(FileNotFoundError, match="cifar10.1_v6_labels.npy"):
        cifar10_1(tmp_path)
    np.save(tmp_path / "cifar10.1_v6_labels.npy", np.arange(6, dtype=np.int32))
    (found,) = cifar10_1(tmp_path)
    assert (found.name, found.classes, found.severity) == ("cifar10_1_v6", CLASSES, None)
    assert found.labels.tolist() == list(range(6))


def test_hidden_files_are_no_corruptions(corrupted):
    (corrupted / "._fog.npy").write_bytes(b"no array")
    assert len(cifar10_c(corrupted)) == 10
