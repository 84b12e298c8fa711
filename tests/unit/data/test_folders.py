"""Layouts of a folder of images."""

from pathlib import Path

import pytest

from spatial_mae.data.folders import list_images
from spatial_mae.data.listing import natural_key
from spatial_mae.data.split_names import mentioned_split, split_of


def touch(root, *names, layout="auto"):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return list_images(root, layout)


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
    listing = touch(tmp_path, "Train/cat/1.png", "Train/dog/1.png", "test/dog/2.png", "notes/3.md")
    assert listing.classes == ["cat", "dog"]
    assert listing.labels == {"train": [0, 1], "test": [1]}
    assert listing.reading == "folders of splits (train: Train, test: test), 2 class folders"


SPLIT_OR_CLASS = [
    ["bus/1.png", "car/1.png", "train/1.png", "truck/1.png"],
    ["cat/1.png", "dog/1.png", "train/cat/1.png", "test/cat/2.png"],
    ["train/1.png", "test/2.png", "3.png"],
    ["val/1.png", "cat/1.png"],
]


@pytest.mark.parametrize("names", SPLIT_OR_CLASS)
def test_folders_that_may_be_classes_or_splits_are_refused_until_the_layout_is_named(
    tmp_path, names
):
    with pytest.raises(ValueError, match="can be read in two ways.*`layout: splits`.*`layout: cl"):
        touch(tmp_path, *names)
    everything = list_images(tmp_path, "flat")
    assert len(everything.files["train"]) == len(names) and everything.classes is None
    together = list_images(tmp_path, "classes")
    assert relative(together, tmp_path) == {"train": sorted(names), "test": []}


def test_what_is_next_to_named_splits_is_ignored_and_told(tmp_path):
    listing = touch(tmp_path, "train/1.png", "test/2.png", "more/3.png", "4.png", layout="splits")
    assert relative(listing, tmp_path) == {"train": ["train/1.png"], "test": ["test/2.png"]}
    assert listing.remarks == ["ignored, next to the train folder: more, 4.png"]


@pytest.mark.parametrize("layout", ["auto", "splits"])
@pytest.mark.parametrize("splits", [["test"], ["val", "test"], ["val"]])
def test_test_images_are_never_trained_on_and_no_split_is_a_class(tmp_path, splits, layout):
    names = [f"{split}/{name}/1.png" for split in splits for name in ("cat", "dog")]
    with pytest.raises(ValueError, match="holds no train folder.*add train/, name one"):
        touch(tmp_path, *names, layout=layout)
    assert list_images(tmp_path / splits[0]).classes == ["cat", "dog"]


@pytest.mark.parametrize(
    "names",
    [
        ["cat/train/1.png", "cat/test/2.png", "dog/train/1.png", "dog/test/2.png"],
        ["cat/images/train/1.png", "cat/images/val/2.png", "dog/1.png"],
        ["seg_train/cat/1.png", "seg_test/cat/2.png"],
        ["train.X1/1.png", "train.X2/2.png", "val.X/3.png"],
        ["train/cat/train/1.png", "train/cat/test/2.png", "train/dog/3.png", "test/cat/1.png"],
    ],
)
def test_splits_below_or_within_names_are_not_mixed(tmp_path, names):
    with pytest.raises(ValueError, match="split"):
        touch(tmp_path, *names)
    assert len(list_images(tmp_path, "flat").files["train"]) == len(names)


def test_a_folder_that_holds_all_others_is_passed_through(tmp_path):
    listing = touch(tmp_path, "photos/all/cat/1.png", "photos/all/dog/1.png", "photos/note.txt")
    assert listing.classes == ["cat", "dog"]
    assert "passed through" in listing.remarks[0]
    splits = ("train/images/1.png", "valid/images/2.png", "test/images/3.png")
    listing = touch(tmp_path / "b", *(f"export/{name}" for name in splits))
    assert listing.classes is None
    assert {s: len(files) for s, files in listing.files.items()} == {"train": 2, "test": 1}
    listing = touch(tmp_path / "c", "images/train/1.png", "images/val/2.png", "labels/train/1.txt")
    assert relative(listing, tmp_path / "c")["test"] == ["images/val/2.png"]


def test_a_split_within_its_split_is_no_class(tmp_path):
    names = ["train/train/cat/1.png", "train/train/dog/2.png", "test/test/dog/3.png"]
    listing = touch(tmp_path, *names)
    assert listing.classes == ["cat", "dog"] and listing.labels == {"train": [0, 1], "test": [1]}


def test_one_class_folder_is_no_class(tmp_path):
    listing = touch(tmp_path, "cat/1.png", "cat/2.png")
    assert listing.classes is None and "one folder cat: no class" in listing.remarks[0]
    assert listing.reading == "one folder without splits, no classes"
    named = list_images(tmp_path, "classes")
    assert named.classes == ["cat"]
    listing = touch(tmp_path / "b", "train/cat/1.png", "test/cat/2.png")
    assert listing.classes is None and "are no classes: test/.../cat" in listing.remarks[0]


def test_one_class_in_a_split_stays_a_class_where_the_other_has_more(tmp_path):
    listing = touch(tmp_path, "train/cat/1.png", "train/dog/1.png", "test/dog/2.png")
    assert listing.classes == ["cat", "dog"] and listing.labels["test"] == [1]
    listing = touch(tmp_path / "b", "train/cat/1.png", "test/dog/2.png")
    assert listing.classes == ["cat", "dog"]


def test_only_a_train_folder_is_divided(tmp_path):
    listing = touch(tmp_path, "train/cat/1.png", "train/dog/2.png")
    assert listing.classes == ["cat", "dog"] and listing.files["test"] == []
    assert "no test folder" in listing.remarks[0]


@pytest.mark.parametrize(
    ("name", "split"),
    [("Train", "train"), ("train2017", "train"), ("test_set", "test"), ("imagesVal", "val")]
    + [("validation", "val"), ("trainstation", None), ("train station", None), ("set", None)]
    + [("testtube", None), ("dev-data", "val"), ("", None), ("2017", None)],
)
def test_names_of_splits(name, split):
    assert split_of(name) == split


def test_names_that_mention_a_split():
    assert [mentioned_split(n) for n in ("seg_train", "val.X", "strain")] == ["train", "val", None]


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


def test_what_systems_leave_behind_is_passed_over(tmp_path):
    names = ["cat/1.png", "dog/2.png", "__MACOSX/cat/._1.png", "cat/@eaDir/1.png/thumb.jpg"]
    names += [".ipynb_checkpoints/3.png", "dog/._2.png", "cat/Thumbs.db", "$RECYCLE.BIN/4.png"]
    listing = touch(tmp_path, *names)
    assert relative(listing, tmp_path)["train"] == ["cat/1.png", "dog/2.png"]
    assert listing.classes == ["cat", "dog"] and listing.remarks == []


def test_a_split_that_links_to_class_folders_next_to_it_keeps_their_images(tmp_path):
    touch(tmp_path, "all/cat/1.png", "all/dog/2.png")
    for split, name in (("train", "cat"), ("test", "dog")):
        (tmp_path / split).mkdir()
        (tmp_path / split / name).symlink_to(tmp_path / "all" / name)
    listing = list_images(tmp_path)
    assert relative(listing, tmp_path) == {"train": ["train/cat/1.png"], "test": ["test/dog/2.png"]}


def test_links_are_followed_but_not_round_in_circles(tmp_path):
    touch(tmp_path / "elsewhere", "2.png")
    touch(tmp_path / "root", "a/1.png")
    (tmp_path / "root" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root" / "a" / "up").symlink_to(tmp_path / "root")
    listing = list_images(tmp_path / "root")
    assert sorted(relative(listing, tmp_path / "root")["train"]) == ["a/1.png", "b/2.png"]


def test_links_that_lead_nowhere_are_named(tmp_path):
    touch(tmp_path, "cat/1.png", "dog/2.png", "notes.txt")
    (tmp_path / "horse").symlink_to(tmp_path / "none")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "cat/3.png").symlink_to(tmp_path / "none.png")
    listing = list_images(tmp_path)
    assert listing.classes == ["cat", "dog"]
    assert listing.remarks[0].startswith("links that lead nowhere, ignored: horse, loop; repair")
    assert listing.remarks[1:] == ["1 files ignored, not images by name: notes.txt"]
    # Reading it fails, and is counted and named there.
    assert "cat/3.png" in relative(listing, tmp_path)["train"]


def test_any_text_names_a_class(tmp_path):
    names = ["$HOME", "a b", "it's", "{x}", "汉字", "a\u3000b"]
    listing = touch(tmp_path, *(f"{name}/1.png" for name in names))
    assert set(listing.classes) == set(names)


@pytest.mark.parametrize("name", ["a\nb", "a\udcffb"])
def test_names_of_classes_that_are_no_text_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match="no text in UTF-8 or hold control.*rename these folders"):
        touch(tmp_path, f"{name}/1.png", "b/2.png")


def test_missing_and_empty_folders_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="correct `root:`"):
        list_images(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="no training images"):
        list_images(tmp_path)


def test_natural_order_of_mixed_names():
    names = ["10", "9a", "a10", "a9", "9"]
    assert sorted(names, key=lambda n: natural_key(Path(n))) == ["9", "9a", "10", "a9", "a10"]
