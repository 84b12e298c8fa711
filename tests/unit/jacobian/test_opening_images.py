"""Images from what a user has: what is read, and what is refused."""

from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from toy_inputs import COLOUR, GREY, drawn, paint

from spatial_mae.jacobian import inputs
from spatial_mae.jacobian.inputs import open_images


@pytest.mark.parametrize("split", ["train", "test"])
def test_images_of_a_data_set(dataset, split):
    path, splits = dataset(channels=3)
    images = open_images(path, COLOUR, split, 4)
    assert images.columns == {"dataset": "toy", "split": split}
    assert images.pixels.dtype == torch.uint8 and images.pixels.shape == (4, 3, 8, 12)
    numbers = images.pixels[:, 0, 0, 0].tolist()
    assert len(set(numbers)) == 4
    for picture, number in zip(images.pixels.numpy(), numbers, strict=True):
        assert np.array_equal(picture.transpose(1, 2, 0), splits[split][number])


def test_images_of_a_data_set_are_in_memory_whatever_its_size(dataset, short_of_memory):
    images = open_images(dataset(channels=3)[0], COLOUR, "test", 4)
    assert isinstance(images.pixels, torch.Tensor) and images.pixels.shape == (4, 3, 8, 12)


def test_a_data_set_of_other_images_or_too_few_is_refused(dataset):
    path, _ = dataset(height=12, width=12)
    with pytest.raises(ValueError, match=r"12 x 12 x 1 .*the network is for 8 x 12 x 1"):
        open_images(path, GREY, "test", 2)
    path, _ = dataset()
    with pytest.raises(ValueError, match="7 images wanted of 6"):
        open_images(path, GREY, "test", 7)
    with pytest.raises(ValueError, match="network is for 8 x 12 x 3"):
        open_images(path, COLOUR, "test", 2)


@pytest.mark.parametrize(("architecture", "channels"), [(GREY, 1), (COLOUR, 3)])
def test_images_of_a_folder_are_read_as_they_are(tmp_path, architecture, channels):
    painted = drawn(5, channels)
    folder = paint(tmp_path / "mine", painted)
    images = open_images(folder, architecture, "test", 100)
    assert images.columns == {"dataset": "mine"}
    assert images.pixels.dtype == torch.uint8 and images.pixels.is_contiguous()
    found = {picture.transpose(1, 2, 0).tobytes() for picture in images.pixels.numpy()}
    assert len(images.pixels) == 5 and found == {picture.tobytes() for picture in painted}


def test_a_few_files_are_drawn_from_a_folder(tmp_path):
    painted = drawn(9, 1)
    folder = paint(tmp_path / "mine", painted)
    first, again = (open_images(folder, GREY, "test", 4).pixels for _ in range(2))
    assert torch.equal(first, again)
    found = {picture.numpy().tobytes() for picture in first}
    assert len(found) == 4
    assert found < {picture.tobytes() for picture in painted}
    # Neither the first files nor the last: a folder may be sorted by what it shows.
    order = {picture.tobytes(): number for number, picture in enumerate(painted)}
    of_one_split = sorted(order[picture] % 2 for picture in found)
    assert of_one_split not in ([0] * 4, [1] * 4)


def test_colour_becomes_luma_for_a_grey_network_and_grey_three_channels(tmp_path):
    flat = np.full((1, 8, 12, 3), [200, 100, 50], dtype=np.uint8)
    luma = open_images(paint(tmp_path / "colour", flat), GREY, "test", 1).pixels
    expected = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
    assert (luma.double() - expected).abs().max() <= 0.5
    grey = drawn(1, 1)
    three = open_images(paint(tmp_path / "grey", grey), COLOUR, "test", 1).pixels
    assert np.array_equal(three[0].numpy(), grey[0].transpose(2, 0, 1).repeat(3, axis=0))


def test_a_file_of_another_size_is_named_with_both_sizes(tmp_path):
    folder = paint(tmp_path / "mine", drawn(2, 1))
    Image.fromarray(drawn(1, 1, 12, 8)[0, :, :, 0]).save(folder / "train/turned.png")
    message = (
        r"train/turned.png: 12 x 8 pixels \(height x width\), the network is for 8 x 12; crop or"
    )
    with pytest.raises(ValueError, match=message):
        open_images(folder, GREY, "test", 10)


def test_an_unreadable_file_is_named(tmp_path):
    folder = paint(tmp_path / "mine", drawn(2, 1))
    whole = (folder / "test/0.png").read_bytes()
    (folder / "test/0.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"test/0.png: cannot be read \(.+\); repair or remove it"):
        open_images(folder, GREY, "test", 10)
    (folder / "test/0.png").write_text("no image")
    with pytest.raises(ValueError, match="test/0.png: cannot be read"):
        open_images(folder, GREY, "test", 10)


def test_an_image_too_large_to_be_one_is_named(tmp_path, monkeypatch):
    paint(tmp_path / "mine", drawn(1, 1))
    monkeypatch.setattr(inputs, "Reading", partial(inputs.Reading, max_megapixels=50e-6))
    with pytest.raises(ValueError, match=r"mine/.*cannot be read .*more than max_megapixels 5e-05"):
        open_images(tmp_path / "mine", GREY, "test", 1)


def test_missing_images_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="none: no manifest.json of a data set and no fold"):
        open_images(tmp_path / "none", GREY, "test", 1)
    with pytest.raises(FileNotFoundError, match="no data set at .*manifest.json"):
        open_images(tmp_path / "manifest.json", GREY, "test", 1)
    with pytest.raises(FileNotFoundError, match="no images in this folder"):
        open_images(tmp_path, GREY, "test", 1)
