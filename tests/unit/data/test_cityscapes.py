"""The Cityscapes layout in miniature, with known disparities."""

import json

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data import cityscapes

RECIPE = {"size": (2, 4), "fit": "resize", "target": "disparity", "min_valid_share": 0.5}
RECIPE |= {"pixels": "PNG", "licence": "Cityscapes"}


def write(root, split, frame, disparity, camera=True, image=True):
    """A frame whose disparity (pixels, NaN = unknown) is stored as Cityscapes stores it."""
    stored = np.where(np.isnan(disparity), 0, disparity * 256 + 1).astype(np.uint16)
    text = json.dumps({"extrinsic": {"baseline": 0.2}, "intrinsic": {"fx": 1000}})
    grey = Image.fromarray(np.full((*disparity.shape, 3), 9, np.uint8))
    for kind, there, save in (
        ("leftImg8bit", image, lambda path: grey.save(f"{path}.png")),
        ("disparity", True, lambda path: Image.fromarray(stored).save(f"{path}.png")),
        ("camera", camera, lambda path: path.with_suffix(".json").write_text(text)),
    ):
        path = root / kind / split / "town" / f"{frame}_{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if there:
            save(path)


@pytest.fixture
def disparity():
    values = np.random.default_rng(0).integers(0, 64 * 256, (4, 8)) / 256
    values[:2, :2] = np.nan
    values[0, 2:4] = np.nan
    values[3, 7] = np.nan
    return values


@pytest.fixture
def root(tmp_path, disparity):
    for split, frame in (("train", "town_1"), ("train", "town_2"), ("val", "town_3")):
        write(tmp_path, split, frame, disparity)
    return tmp_path


def prepare(root, **changes):
    recipe = cityscapes.Cityscapes(**(RECIPE | changes))
    return cityscapes.prepare(recipe, root, None, np.random.default_rng(0))


def blocks(values):
    return np.nanmean(values.reshape(2, 2, 4, 2), axis=(1, 3))


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_disparity_is_averaged_over_what_is_known(root, disparity):
    prepared = prepare(root)
    (part,) = prepared.splits["train"]
    assert part.images.shape == (2, 2, 4, 3) and (part.images == 9).all()
    np.testing.assert_allclose(part.depth[0], blocks(disparity), rtol=1e-6)
    assert np.isnan(part.depth[0, 0, 0]) and not np.isnan(part.depth[0, 0, 1])
    (strict,) = prepare(root, min_valid_share=0.75).splits["test"]
    assert np.isnan(strict.depth[0, 0, :2]).all() and not np.isnan(strict.depth[0, 1]).any()


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_depth_is_baseline_times_focal_length_over_disparity(root, disparity):
    prepared = prepare(root, target="depth")
    (part,) = prepared.splits["test"]
    assert prepared.depth_unit == "metres"
    np.testing.assert_allclose(part.depth[0], blocks(200 / disparity), rtol=1e-6)
    disparity[2, 5] = 0  # infinitely far: left out of the mean
    write(root, "val", "town_3", disparity)
    (part,) = prepare(root, target="depth").splits["test"]
    disparity[2, 5] = np.nan
    np.testing.assert_allclose(part.depth[0], blocks(200 / disparity), rtol=1e-6)


def test_centre_crop_keeps_the_aspect_of_the_size(root, disparity):
    (part,) = prepare(root, size=(2, 2), fit="centre_crop").splits["test"]
    middle = disparity[:, 2:6].reshape(2, 2, 2, 2)
    np.testing.assert_allclose(part.depth[0], np.nanmean(middle, axis=(1, 3)), rtol=1e-6)


def test_frames_without_partner_are_listed(root, disparity):
    write(root, "train", "town_8", disparity, image=False)
    write(root, "train", "town_9", disparity, camera=False)
    assert prepare(root).unreadable == ["train/town/town_8: no image"]
    lacking = prepare(root, target="depth").unreadable
    assert lacking == ["train/town/town_8: no image", "train/town/town_9: no camera"]


def test_missing_data_says_how_to_get_it(tmp_path):
    for root in (None, tmp_path):
        with pytest.raises(FileNotFoundError) as error:
            prepare(root)
        for word in ("csDownload leftImg8bit_trainvaltest.zip", "cityscapesscripts", "account"):
            assert word in str(error.value)
    (tmp_path / "leftImg8bit").mkdir()
    with pytest.raises(FileNotFoundError, match="no pairs"):
        prepare(tmp_path)


def test_depth_without_cameras_is_an_error_that_names_the_other_target(tmp_path, disparity):
    write(tmp_path, "train", "town_1", disparity, camera=False)
    with pytest.raises(FileNotFoundError, match="use target 'disparity'"):
        prepare(tmp_path, target="depth")


def test_damaged_and_foreign_files_are_named(root):
    path = root / "disparity" / "val" / "town" / "town_3_disparity.png"
    Image.new("L", (8, 4), 3).save(path)
    with pytest.raises(ValueError, match="expected 16-bit grey"):
        list(prepare(root).splits["test"])
    path.write_bytes(b"text")
    with pytest.raises(ValueError, match="town_3_disparity.png cannot be read"):
        list(prepare(root).splits["test"])
    Image.new("I;16", (7, 4), 3).save(path)
    with pytest.raises(ValueError, match=r"is \(4, 7\), its image \(4, 8\)"):
        list(prepare(root).splits["test"])
    (root / "camera" / "train" / "town" / "town_1_camera.json").write_text("{}")
    with pytest.raises(ValueError, match="no extrinsic.baseline"):
        list(prepare(root, target="depth").splits["train"])


def test_impossible_recipes_are_named(root):
    with pytest.raises(ValueError, match="min_valid_share"):
        prepare(root, min_valid_share=0.0)
    with pytest.raises(ValueError, match=r"size: \[4\] .* a list of 2"):
        prepare(root, size=(4,))
    with pytest.raises(ValueError, match="cannot shrink 4 pixels to 5"):
        list(prepare(root, size=(5, 8)).splits["test"])


def test_zero_is_unknown_and_one_is_infinitely_far(tmp_path):
    stored = np.array([[0, 1, 257], [65535, 129, 0]], dtype=np.uint16)
    Image.fromarray(stored).save(tmp_path / "d.png")
    values, known = cityscapes.read_disparity(tmp_path / "d.png")
    assert known.tolist() == [[False, True, True], [True, True, False]]
    assert values.tolist() == [[0, 0, 1], [65534 / 256, 0.5, 0]]


def test_hidden_files_and_folders_are_passed_over(root, disparity):
    for kind, ending in (("leftImg8bit", "png"), ("disparity", "png")):
        (root / kind / "train" / "town" / f"._town_1_{kind}.{ending}").write_bytes(b"no image")
        (root / kind / "train" / "._town").write_bytes(b"no folder")
    write(root / ".Trash", "train", "town_9", disparity)
    write(root, "train", "town_8", disparity, image=False)
    prepared = prepare(root)
    assert [len(part.images) for part in prepared.splits["train"]] == [2]
    assert prepared.unreadable == ["train/town/town_8: no image"]
