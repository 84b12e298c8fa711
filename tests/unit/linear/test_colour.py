import numpy as np
import pytest
from PIL import Image

from spatial_mae.linear.colour import full_scale, integer_rows, pixel_rows


def _images(channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (5, 4, 6, channels), dtype=np.uint8)


def test_luma_is_pillows():
    images = np.concatenate([_images(), np.full((1, 4, 6, 3), 255, np.uint8)])
    expected = [np.asarray(Image.fromarray(image).convert("L")).ravel() for image in images]
    assert np.array_equal(integer_rows(images, "luma"), expected)


def test_gray_is_the_exact_mean_of_the_channels():
    images = _images()
    assert np.array_equal(integer_rows(images, "gray"), images.sum(-1, dtype=int).reshape(5, -1))
    expected = (images.astype(float).sum(-1) / 765).reshape(5, -1)
    assert np.array_equal(pixel_rows(images, "gray"), expected)
    assert full_scale("gray", 3) == 765


def test_rgb_is_the_pixels_as_they_are():
    assert np.array_equal(integer_rows(_images(), "rgb"), _images().reshape(5, -1))


@pytest.mark.parametrize("colour", ["luma", "gray"])
def test_one_channel_stays_as_it_is(colour):
    assert np.array_equal(integer_rows(_images(1), colour), _images(1).reshape(5, -1))


def test_impossible_colours_are_refused():
    with pytest.raises(ValueError, match="'rgb' needs images of 3 channels"):
        integer_rows(_images(1), "rgb")
    with pytest.raises(ValueError, match="'sepia' is unknown"):
        integer_rows(_images(), "sepia")
    with pytest.raises(ValueError, match="4 channels"):
        integer_rows(_images(4), "luma")
