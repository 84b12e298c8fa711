"""Variants of ImageNet as their authors lay them out, in small."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data import imagenet_variants
from spatial_mae.data.imagenet_variants import imagenet_a, imagenet_v2, objectnet
from spatial_mae.data.pixels import fit_pixels

NAMES = ["n01440764", "n01443537", "n02123045"]


def probed(names=NAMES, source="image_folder"):
    """What is read of the data set that a probe is fit on."""
    recipe = {"interpolation": "bilinear", "background": 255}
    manifest = {"dataset": "toy", "classes": names, "source": source, "recipe": recipe}
    return SimpleNamespace(manifest=manifest | {"height": 4, "width": 6, "channels": 3})


@pytest.fixture
def write(tmp_path):
    """Write an image of one level, with a frame of red, to a folder of `tmp_path`."""

    def call(folder, level=0, size=(12, 9), frame=0):
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        pixels = np.full((*size, 3), level, np.uint8)
        if frame:
            inner = pixels[frame:-frame, frame:-frame].copy()
            pixels[:] = (255, 0, 0)
            pixels[frame:-frame, frame:-frame] = inner
        Image.fromarray(pixels).save(place / f"image{len(list(place.iterdir()))}.png")
        return tmp_path

    return call


def classes(part):
    return [part.right()[label] for label in part.labels]


def test_positions_of_v2_are_among_the_sorted_ids(write):
    for position, level in ((2, 20), (0, 0), (1, 10)):
        root = write(str(position), level)
    found = imagenet_v2(root, probed(NAMES[::-1]))
    assert classes(found) == [(name,) for name in NAMES]
    images = found.images[np.arange(3)]
    assert images.shape == found.images.shape == (3, 4, 6, 3)
    assert [image.max() for image in images] == [0, 10, 20]
    write("3")
    with pytest.raises(ValueError, match="holds the folders 0, 1, 2, 3; expected 0 to 2"):
        imagenet_v2(root, probed())


def test_images_are_fitted_as_those_of_the_data_set(tmp_path):
    pixels = np.random.default_rng(0).integers(256, size=(17, 11, 3), dtype=np.uint8)
    (tmp_path / NAMES[0]).mkdir()
    Image.fromarray(pixels).save(tmp_path / NAMES[0] / "a.png")
    found = imagenet_a(tmp_path, probed()).images[np.array([0])]
    none = np.empty((0, 2))
    expected = fit_pixels(Image.fromarray(pixels), (4, 6), "centre_crop", "bilinear", none)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", ["imagenet_a", "imagenet_r", "imagenet_sketch"])
def test_folders_are_named_by_wordnet_ids(write, name):
    read = imagenet_variants.READERS[name]
    write(NAMES[2])
    root = write(NAMES[0])
    found = read(root, probed())
    assert (found.name, classes(found)) == (name, [(NAMES[0],), (NAMES[2],)])
    write("n99999999")
    with pytest.raises(ValueError, match=r"no class of data set 'toy': n99999999; expected"):
        read(root, probed())


def test_other_data_sets_empty_and_broken_folders_are_refused(write, tmp_path):
    for other in (probed(["cat", "dog"]), probed(source="cifar10"), probed(None)):
        with pytest.raises(ValueError, match="'toy' is no ImageNet of source image_folder"):
            imagenet_a(tmp_path, other)
    with pytest.raises(FileNotFoundError, match="no image files in the folders of imagenet_a"):
        imagenet_a(tmp_path, probed())
    with pytest.raises(FileNotFoundError, match="nowhere: check the robustness recipe"):
        imagenet_a(tmp_path / "nowhere", probed())
    root = write(NAMES[0])
    (root / NAMES[0] / "image0.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match="image0.png cannot be read as an image"):
        imagenet_a(root, probed()).images[np.array([0])]


@pytest.fixture
def mapped(tmp_path):
    """ObjectNet's mappings. The challenge counts its classes in another order than the ids."""

    def call(overlap):
        folder = tmp_path / "mappings"
        folder.mkdir(exist_ok=True)
        texts = {
            "folder_to_objectnet_label.json": json.dumps({"fish_tank": "Fish tank", "pen": "Pen"}),
            "objectnet_to_imagenet_1k.json": json.dumps({"Fish tank": overlap}),
            "pytorch_to_imagenet_2012_id.json": json.dumps({"0": 2, "1": 0, "2": 1}),
            "imagenet_to_label_2012_v2": "goldfish, gold\ntabby\ntench\n",
        }
        for name, text in texts.items():
            (folder / name).write_text(text)

    return call


def test_objectnet_takes_any_of_its_mapped_classes_and_cuts_the_frame(write, mapped):
    mapped("tench; goldfish, gold")
    write("images/pen")
    root = write("images/fish_tank", 90, frame=2)
    found = objectnet(root, probed())
    assert classes(found) == [(NAMES[0], NAMES[1])]
    assert (found.images[np.array([0])] == 90).all()


def test_objectnet_needs_classes_that_are_there(write, mapped):
    mapped("tench; lobster")
    root = write("images/fish_tank")
    with pytest.raises(ValueError, match="fish_tank is 'tench; lobster'.*not among the 3 classes"):
        objectnet(root, probed())
    mapped("tench")
    with pytest.raises(ValueError, match="'toy' is no ImageNet"):
        objectnet(root, probed(["cat"]))
    (root / "images/fish_tank").rename(root / "images/other")
    with pytest.raises(FileNotFoundError, match="no folder of a class that ImageNet has"):
        objectnet(root, probed())


def test_hidden_files_and_folders_are_passed_over(write):
    root = write(NAMES[0])
    (root / NAMES[0] / "._image0.png").write_bytes(b"no image")
    write(f"{NAMES[0]}/.ipynb_checkpoints")
    write("__MACOSX")
    found = imagenet_a(root, probed())
    assert classes(found) == [(NAMES[0],)] and len(found.images[np.arange(1)]) == 1
