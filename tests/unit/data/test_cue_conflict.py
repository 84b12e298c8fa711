"""Cue-conflict images as their authors name them, in small."""

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data.cifar10 import CLASSES
from spatial_mae.data.cue_conflict import class_groups, read_cue_conflict


@pytest.fixture
def folder(tmp_path):
    """Write images of 8 x 8 pixels of one level each, in folders of their shape's class."""

    def write(*names, side=8):
        for level, name in enumerate(names):
            place = tmp_path / name.partition("-")[0].rstrip("0123456789")
            place.mkdir(exist_ok=True)
            Image.fromarray(np.full((side, side, 3), level, np.uint8)).save(place / name)
        return tmp_path

    return write


def test_conflicts_between_shared_classes_are_kept_and_shrunk(folder):
    root = folder("cat1-dog2.png", "boat3-car1.png", "cat2-cat9.png", "cat3-elephant1.png")
    found = read_cue_conflict(root, CLASSES, (4, 2))
    assert found.classes == ("automobile", "cat", "dog", "ship")
    pairs = {
        (found.classes[s], found.classes[t], int(image[0, 0, 0]))
        for s, t, image in zip(found.shapes, found.textures, found.images, strict=True)
    }
    assert pairs == {("cat", "dog", 0), ("ship", "automobile", 1)}
    assert found.images.shape == (2, 4, 2, 3)
    assert (found.n_files, found.n_same) == (4, 1)


def test_no_shared_classes_and_no_images_are_told_apart(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="no cue-conflict images"):
        read_cue_conflict(tmp_path, CLASSES, (4, 4))
    root = folder("cat2-cat9.png", "oven3-elephant1.png")
    with pytest.raises(ValueError, match="no image has two different.*there: cat, elephant, oven"):
        read_cue_conflict(root, CLASSES, (4, 4))


def test_other_names_smaller_and_broken_images_are_refused(folder, tmp_path):
    root = folder("cat1-dog2.png", side=3)
    with pytest.raises(ValueError, match=r"cat1-dog2.png has \(3, 3\) pixels, fewer"):
        read_cue_conflict(root, CLASSES, (4, 4))
    (root / "cat/cat1-dog2.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="cat1-dog2.png cannot be read as an image"):
        read_cue_conflict(root, CLASSES, (4, 4))
    (root / "cat/cat1-dog2.png").rename(root / "cat/cat.png")
    with pytest.raises(ValueError, match="expected a name such as cat7-elephant3.png"):
        read_cue_conflict(root, CLASSES, (4, 4))


def test_images_are_read_upright_over_the_background_and_hidden_files_passed_over(tmp_path):
    values = np.zeros((4, 8, 4), np.uint8)
    values[:, 4:] = (200, 200, 200, 255)
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    Image.fromarray(values).save(tmp_path / "cat1-dog2.png", exif=exif)
    (tmp_path / "._cat1-dog2.png").write_bytes(b"no image")
    (image,) = read_cue_conflict(tmp_path, CLASSES, (4, 8), background=90).images
    assert (image[:, :4] == 200).all() and (image[:, 4:] == 90).all()


def test_classes_of_imagenet_are_groups_by_their_sorted_ids(folder):
    ids = [f"n{position:08d}" for position in range(1000)]
    groups = class_groups(ids)
    assert len(groups) == 16
    assert groups["elephant"] == [385, 386]
    assert len(groups["dog"]) == 109 and len({i for own in groups.values() for i in own}) == 207
    mirrored = class_groups(ids[::-1])
    assert mirrored["elephant"] == [614, 613]
    root = folder("boat1-car2.png", "cat1-cat2.png")
    assert read_cue_conflict(root, tuple(groups), (4, 4)).classes == ("ship", "automobile")


def test_other_classes_stand_for_themselves():
    assert class_groups(("cat", "dog")) == {"cat": [0], "dog": [1]}
