"""Image files of every kind to uint8 pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data.pixels import UNREADABLE, OversizedImageError, fit_pixels, read_pixels


def stored(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def pixels(file, channels=3, background=255):
    return np.asarray(read_pixels(file, channels, background))


def random_image(mode="RGB", size=(7, 5)):
    shape = (size[1], size[0], len(mode)) if len(mode) > 1 else (size[1], size[0])
    values = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    return Image.fromarray(values)


def test_colour_and_grey():
    colour, grey = random_image(), random_image("L")
    np.testing.assert_array_equal(pixels(stored(colour)), np.asarray(colour))
    np.testing.assert_array_equal(pixels(stored(colour), 1), np.asarray(colour.convert("L")))
    np.testing.assert_array_equal(pixels(stored(grey))[..., 2], np.asarray(grey))


def test_palette_and_bitmap():
    palette = random_image().quantize(16)
    expected = np.asarray(palette.convert("RGB"))
    np.testing.assert_array_equal(pixels(stored(palette)), expected)
    bitmap = Image.fromarray(np.eye(4) > 0)
    np.testing.assert_array_equal(pixels(stored(bitmap), 1), np.eye(4) * 255)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(kind):
    values = np.array([[0, 128, 129, 257], [32768, 65407, 65406, 65535]], dtype=np.uint16)
    expected = np.rint(values / 65535 * 255)
    np.testing.assert_array_equal(pixels(stored(Image.fromarray(values), kind), 1), expected)


def test_float_pixels_without_a_known_white_are_unreadable():
    with pytest.raises(ValueError, match="their white is unknown"):
        pixels(stored(Image.fromarray(np.ones((2, 2), np.float32)), "TIFF"))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_over_the_background(mode):
    values = np.asarray(random_image("RGBA")).astype(float)
    if mode == "LA":
        values[..., :3] = values[..., :1]
    image = Image.fromarray(values.astype(np.uint8)).convert(mode)
    for background in (0, 255):
        alpha = values[..., 3:] / 255
        expected = values[..., :3] * alpha + background * (1 - alpha)
        measured = pixels(stored(image), background=background)
        assert np.abs(measured - expected).max() <= 1


def test_a_transparent_palette_colour_is_laid_over_the_background():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    expected = [[[200, 200, 200], [40, 50, 60]]]
    assert pixels(stored(image, transparency=0), background=200).tolist() == expected


def test_exif_orientation_is_applied():
    image, exif = random_image(), Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    expected = np.rot90(np.asarray(image), -1)
    np.testing.assert_array_equal(pixels(stored(image, exif=exif)), expected)


def test_damaged_files_raise_what_callers_expect():
    whole = stored(random_image(size=(64, 64)), "JPEG").getvalue()
    for content in (whole[:400], b"", b"text", stored(random_image()).getvalue()[:60]):
        with pytest.raises(UNREADABLE):
            pixels(io.BytesIO(content))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("limit", [30, 10])
def test_oversized_images_are_refused_before_they_are_decoded(monkeypatch, limit):
    file = stored(random_image())  # 35 pixels: Pillow warns up to twice the limit, then raises
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(OversizedImageError, match="pixels"):
        pixels(file)


def fitted(image, size, fit, corners=None, interpolation="box"):
    corners = np.zeros((1, 2)) if corners is None else np.array(corners)
    return fit_pixels(image, size, fit, interpolation, corners)


def test_resize_stretches_and_averages():
    values = np.arange(32, dtype=np.uint8).reshape(4, 8) * 8
    (small,) = fitted(Image.fromarray(values), (2, 2), "resize")
    expected = values.reshape(2, 2, 2, 4).mean(axis=(1, 3))
    assert np.abs(small[..., 0] - expected).max() <= 0.5


def test_centre_crop_keeps_the_middle_at_its_aspect():
    values = np.zeros((4, 12), np.uint8)
    values[:, 4:8] = 200
    (square,) = fitted(Image.fromarray(values), (2, 2), "centre_crop")
    assert (square == 200).all()
    (upright,) = fitted(Image.fromarray(values.T), (2, 2), "centre_crop")
    assert (upright == 200).all()


def test_an_image_of_the_right_size_is_left_alone():
    image = random_image(size=(6, 4))
    for fit in ("resize", "centre_crop", "random_crops"):
        (same,) = fitted(image, (4, 6), fit, interpolation="lanczos")
        np.testing.assert_array_equal(same, np.asarray(image))


def test_crops_are_cut_at_native_resolution_from_corner_to_corner():
    values = np.asarray(random_image("L", (9, 6)))
    crops = fitted(Image.fromarray(values), (3, 4), "random_crops", [[0, 0], [0.9999, 0.9999]])
    np.testing.assert_array_equal(crops[0, ..., 0], values[:3, :4])
    np.testing.assert_array_equal(crops[1, ..., 0], values[-3:, -4:])
    with pytest.raises(ValueError, match="6 x 9 pixels, smaller than the crop of 7 x 4"):
        fitted(Image.fromarray(values), (7, 4), "random_crops")
