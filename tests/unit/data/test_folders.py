"""Layouts of a folder of images."""

from pathlib import Path

import pytest

from spatial_mae.data.folders import list_images, natural_key


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return list_images(root)


def relative(listing, root):
    return {s: [str(f.relative_to(root)) for f in files] for s, files in listing.files.items()}


def test_a_flat_folder_has_no_classes_and_natural_order(tmp_path):
    listing = touch(tmp_path, "image10.png", "image9.PNG", "image2.jpg")
    assert relative(listing, tmp_path)["train"] == ["image2.jpg", "image9.PNG", "image10.png"]
    assert listing.files["test"] == [] and listing.classes is None and listing.labels is None


def test_folders_are_classes_and_deeper_ones_are_not(tmp_path):
    listing = touch(tmp_path, "b10/x.png", "b9/deep/er/y.png", "b9/a.png")
    assert listing.classes == ["b9", "b10"]
    assert relative(listing, tmp_path)["train"] == ["b9/a.png", "b9/deep/er/y.png", "b10/x.png"]
    assert listing.labels["train"] == [0, 0, 1]


def test_train_and_test_share_their_classes(tmp_path):
    listing = touch(tmp_path, "Train/cat/1.png", "Train/dog/1.png", "test/dog/2.png", "other/3.png")
    assert listing.classes == ["cat", "dog"]
    assert listing.labels == {"train": [0, 1], "test": [1]}
    assert "ignored, next to the train folder: other" in listing.remarks[0]


def test_validation_images_join_the_training_images_or_stand_in_for_the_test_images(tmp_path):
    listing = touch(tmp_path / "a", "train/1.png", "val/2.png", "test/3.png")
    assert {s: len(files) for s, files in listing.files.items()} == {"train": 2, "test": 1}
    assert "added to the training images" in listing.remarks[0]
    listing = touch(tmp_path / "b", "train/1.png", "val/2.png")
    assert {s: len(files) for s, files in listing.files.items()} == {"train": 1, "test": 1}
    assert "are the test images" in listing.remarks[0]


def test_images_outside_the_class_folders_undo_the_classes(tmp_path):
    listing = touch(tmp_path, "a/1.png", "2.png")
    assert listing.classes is None and "1 images are outside" in listing.remarks[0]


def test_other_and_hidden_files_are_passed_over(tmp_path):
    listing = touch(tmp_path, "1.png", "notes.txt", ".hidden.png", ".git/2.png")
    assert relative(listing, tmp_path)["train"] == ["1.png"]
    assert listing.remarks == ["1 files ignored, not images by name: notes.txt"]


def test_links_are_followed_but_not_round_in_circles(tmp_path):
    touch(tmp_path / "elsewhere", "2.png")
    touch(tmp_path / "root", "a/1.png")
    (tmp_path / "root" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root" / "a" / "up").symlink_to(tmp_path / "root")
    listing = list_images(tmp_path / "root")
    assert sorted(relative(listing, tmp_path / "root")["train"]) == ["a/1.png", "b/2.png"]


def test_missing_and_empty_folders_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="correct `root:`"):
        list_images(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="no training images"):
        list_images(tmp_path)


def test_natural_order_of_mixed_names():
    names = ["10", "9a", "a10", "a9", "9"]
    assert sorted(names, key=lambda n: natural_key(Path(n))) == ["9", "9a", "10", "a9", "a10"]
