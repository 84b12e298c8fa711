"""A user's own images, from files to batches."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data import image_folder, ranges, workers

RECIPE = image_folder.ImageFolder(
    size=(4, 4),
    channels=3,
    fit="resize",
    crops_per_image=1,
    interpolation="box",
    background=255,
    test_share=0.25,
    max_unreadable_share=0.0,
    pixels="PNG",
    licence="mine",
)


def save(path, level=0, size=(4, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (level, level, level)).save(path)


def prepare(root, seed=0, **changes):
    recipe = dataclasses.replace(RECIPE, **changes)
    prepared = image_folder.prepare(recipe, root, None, np.random.default_rng(seed))
    return prepared, {s: list(parts) for s, parts in prepared.splits.items()}


def levels(parts):
    return [int(image[0, 0, 0]) for part in parts for image in part.images]


def test_a_share_is_held_out_at_random_and_by_the_seed(tmp_path):
    for level in range(40):
        save(tmp_path / f"{level}.png", level)
    _, splits = prepare(tmp_path)
    train, test = levels(splits["train"]), levels(splits["test"])
    assert (len(train), len(test)) == (30, 10) and sorted(train + test) == list(range(40))
    assert train != sorted(train)
    assert levels(prepare(tmp_path)[1]["train"]) == train
    assert levels(prepare(tmp_path, seed=1)[1]["train"]) != train


def test_labels_follow_their_images(tmp_path):
    for level in range(20):
        save(tmp_path / f"class{level % 3}" / f"{level}.png", level)
    prepared, splits = prepare(tmp_path)
    assert prepared.classes == ["class0", "class1", "class2"]
    for parts in splits.values():
        labels = [int(label) for part in parts for label in part.labels]
        assert labels == [level % 3 for level in levels(parts)]


def test_crops_of_one_file_stay_in_one_split(tmp_path):
    for level in range(12):
        save(tmp_path / f"{level}.png", level, size=(9, 7))
    _, splits = prepare(tmp_path, fit="random_crops", crops_per_image=5)
    train, test = levels(splits["train"]), levels(splits["test"])
    assert (len(train), len(test)) == (45, 15)
    assert not set(train) & set(test)
    assert all(train.count(level) == 5 for level in set(train))


def test_a_test_folder_is_used_as_it_is(tmp_path):
    for level in range(3):
        save(tmp_path / "train" / f"{level}.png", level)
    save(tmp_path / "test" / "9.png", 9)
    _, splits = prepare(tmp_path)
    assert sorted(levels(splits["train"])) == [0, 1, 2] and levels(splits["test"]) == [9]


def test_sizes_and_kinds_may_be_mixed(tmp_path):
    save(tmp_path / "a.png", 7, (3, 11))
    Image.new("L", (20, 20), 7).save(tmp_path / "b.png")
    Image.new("I;16", (5, 5), 7 * 257).save(tmp_path / "c.png")
    Image.new("RGBA", (6, 2), (0, 0, 0, 0)).save(tmp_path / "d.png")
    for channels in (1, 3):
        _, splits = prepare(
            tmp_path, channels=channels, fit="centre_crop", background=7, white=65535
        )
        assert levels(splits["train"] + splits["test"]) == [7] * 4
        assert splits["train"][0].images.shape == (3, 4, 4, channels)


def test_unreadable_files_are_listed_and_the_run_goes_on(tmp_path):
    for level in range(9):
        save(tmp_path / "images" / f"{level}.png", level)
    (tmp_path / "images" / "text.png").write_text("no image")
    prepared, splits = prepare(tmp_path, max_unreadable_share=0.1)
    assert len(levels(splits["train"] + splits["test"])) == 9
    (entry,) = prepared.unreadable
    assert entry.startswith("images/text.png: cannot identify image file")


def test_too_many_unreadable_files_are_an_error_that_names_some(tmp_path):
    for level in range(8):
        save(tmp_path / f"{level}.png", level)
    for name in ("broken1.png", "broken2.png"):
        (tmp_path / name).write_bytes((tmp_path / "1.png").read_bytes()[:50])
    with pytest.raises(ValueError, match="2 of 10 files cannot be read.*broken"):
        prepare(tmp_path, max_unreadable_share=0.1)


def test_images_smaller_than_a_crop_count_as_unreadable(tmp_path):
    save(tmp_path / "a.png", size=(3, 9))
    save(tmp_path / "b.png", size=(9, 9))
    with pytest.raises(ValueError, match="smaller than the crop of 4 x 4"):
        prepare(tmp_path, fit="random_crops")


def test_an_image_larger_than_the_key_allows_is_counted_and_the_run_goes_on(tmp_path):
    for level in range(5):
        save(tmp_path / f"{level}.png", level)
    save(tmp_path / "large.png", 9, size=(10, 10))
    prepared, splits = prepare(tmp_path, max_unreadable_share=0.2, max_megapixels=99e-6)
    assert sorted(levels(splits["train"] + splits["test"])) == [0, 1, 2, 3, 4]
    assert prepared.unreadable == ["large.png: 10 x 10 pixels, more than max_megapixels 9.9e-05"]
    _, splits = prepare(tmp_path, max_megapixels=100e-6)
    assert len(levels(splits["train"] + splits["test"])) == 6


def sixteen(path, *samples):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array([samples] * 2, np.uint16)).save(path)


def test_twelve_bits_in_files_of_sixteen_are_refused_with_the_white_to_set(tmp_path):
    for n in range(6):
        sixteen(tmp_path / f"{n}.png", 0, 700 * n)
    with pytest.raises(ValueError, match="6 files of 16 bits is above 3500.* 12 bits.*white: 4095"):
        prepare(tmp_path)
    _, splits = prepare(tmp_path, white=4095)
    assert max(p.images.max() for part in splits.values() for p in part) == round(3500 / 4095 * 255)
    _, splits = prepare(tmp_path, white=65535)
    assert max(p.images.max() for part in splits.values() for p in part) == 14


def test_the_range_of_many_files_is_judged_before_all_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(ranges, "ENOUGH", 3)
    for n in range(40):
        sixteen(tmp_path / f"{n}.png", 0, 4000)
    with pytest.raises(ValueError, match="no sample of 3 files"):
        prepare(tmp_path)


def test_a_dark_image_among_others_of_sixteen_bits_is_kept_and_named_in_a_warning(tmp_path):
    for n in range(5):
        sixteen(tmp_path / f"{n}.png", 0, 60000 if n else 4000)
    prepared, splits = prepare(tmp_path)
    assert len(levels(splits["train"] + splits["test"])) == 5
    assert "1 of 5 files of 16 bits have no sample above 4000" in prepared.warnings[-1]


def test_the_layout_names_a_path_for_each_split_and_class(tmp_path):
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            save(tmp_path / split / name / "1.png")
    layout = prepare(tmp_path)[0].layout
    assert layout["reading"] == "folders of splits (train: train, test: test), 2 class folders"
    assert layout["examples"] == [
        {"split": split, "class": name, "path": f"{split}/{name}/1.png"}
        for split in ("train", "test")
        for name in ("cat", "dog")
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": (4,)}, r"size: \[4\] .* a list of 2"),
        ({"test_share": 1.0}, "test_share"),
        ({"crops_per_image": 0}, "crops_per_image"),
        ({"background": 256}, "background"),
        ({"max_unreadable_share": 2.0}, "max_unreadable_share"),
    ],
)
def test_impossible_recipes_are_named(tmp_path, change, message):
    with pytest.raises(ValueError, match=message):
        prepare(tmp_path, **change)


def test_a_single_image_cannot_be_split(tmp_path):
    save(tmp_path / "1.png")
    with pytest.raises(ValueError, match="1 images cannot be split"):
        prepare(tmp_path)


def test_no_folder_is_named():
    with pytest.raises(FileNotFoundError, match="set `root:`"):
        prepare(None)


def test_pixels_and_order_do_not_depend_on_threads_or_blocks(tmp_path, monkeypatch):
    for level in range(30):
        save(tmp_path / f"{level}.png", level, size=(5 + level % 3, 6))
    monkeypatch.setattr(workers, "_threads", 1)
    prepared, whole = prepare(tmp_path)
    monkeypatch.setattr(workers, "_threads", 4)
    monkeypatch.setattr(image_folder, "MOST_BYTES", 3 * 4 * 4 * 3)
    parts = prepare(tmp_path)[1]
    assert max(len(part.images) for part in parts["train"]) == 3
    assert prepared.n_expected == {s: len(levels(parts[s])) for s in parts}
    for split in whole:
        images = [np.concatenate([p.images for p in found[split]]) for found in (whole, parts)]
        assert np.array_equal(*images)


def test_imagenet_layout(tmp_path):
    for level in range(6):
        for split, count in (("train", 2), ("val", 1)):
            for copy in range(count):
                name = f"n0{level % 2}/{split}_{level}_{copy}.JPEG"
                save(tmp_path / split / name, 40 * level, size=(50, 37))
    prepared, splits = prepare(tmp_path, fit="centre_crop", interpolation="bicubic")
    assert prepared.classes == ["n00", "n01"]
    assert prepared.n_expected == {"train": 12, "test": 6}
    for parts in splits.values():
        labels = [int(label) for part in parts for label in part.labels]
        assert labels == [round(level / 40) % 2 for level in levels(parts)]
