"""Image files of every kind to uint8 pixels."""

import io
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image

from spatial_mae.data import pixels as pixels_module
from spatial_mae.data.pixels import (
    UNREADABLE,
    Header,
    Reading,
    fit_pixels,
    read_header,
    read_samples,
)


def stored(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def pixels(file, channels=3, background=255, **how):
    return np.asarray(Reading(channels, background, **how).read(file))


def grey(values, kind="TIFF", **options):
    return stored(Image.fromarray(values), kind, **options)


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


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_samples_without_a_known_white_need_one(kind):
    values = np.array([[0, 51], [102, 255]], kind)
    with pytest.raises(ValueError, match="which value is white is unknown; state `white`"):
        pixels(grey(values))
    np.testing.assert_array_equal(pixels(grey(values), 1, white=255), values)
    np.testing.assert_array_equal(pixels(grey(values), 1, white=510), np.rint(values / 2))


def test_shares_of_one_are_samples_too():
    values = np.array([[0.0, 0.2], [0.6, 1.0]], np.float32)
    assert pixels(grey(values), 1, white=1).tolist() == [[0, 51], [153, 255]]


@pytest.mark.parametrize("values", [[-1.0, 5.0], [0.0, 300.0], [0.0, np.nan]])
def test_samples_outside_the_range_are_refused(values):
    with pytest.raises(ValueError, match="outside 0 to 255, the white"):
        pixels(grey(np.array([values], np.float32)), white=255)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_twelve_bits_in_a_file_of_sixteen_need_their_white(kind):
    values = np.array([[0, 2048], [3000, 4095]], np.uint16)
    with pytest.raises(ValueError, match="stored with 16 bits, but no sample is above 4095"):
        pixels(grey(values, kind))
    picture = Reading(1).decode(grey(values, kind))
    assert picture.largest == 4095
    expected = np.rint(values / 4095 * 255)
    np.testing.assert_array_equal(pixels(grey(values, kind), 1, white=4095), expected)


def test_a_file_that_states_its_white_is_believed():
    values = np.array([[0, 1000], [3000, 4095]], ">u2")
    file = io.BytesIO(b"P5 2 2 4095\n" + values.tobytes())
    assert Reading(1).decode(file).largest is None
    file.seek(0)
    assert np.abs(pixels(file, 1) - values / 4095 * 255).max() <= 1


def test_zero_is_white_where_a_tiff_says_so():
    values = np.array([[0, 65535]], np.uint16)
    assert pixels(grey(values, tiffinfo={262: 0}), 1).tolist() == [[255, 0]]


def test_a_clear_grey_of_sixteen_bits_is_laid_over_the_background():
    values = np.array([[40000, 65535]], np.uint16)
    file = grey(values, "PNG", transparency=40000)
    assert pixels(file, 1, background=9).tolist() == [[9, 255]]


def deep_colour(values):
    """A PNG of 16 bits a colour, which Pillow cannot write."""
    height, width, _ = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(c)) + n + c + struct.pack(">I", zlib.crc32(n + c)) for n, c in parts
    )
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def test_colours_of_sixteen_bits_are_held_to_their_range_too():
    values = np.arange(12, dtype=np.uint16).reshape(2, 2, 3) * 5000
    np.testing.assert_array_equal(pixels(deep_colour(values)), values >> 8)
    with pytest.raises(ValueError, match="stored with 16 bits, but no sample is above 4095"):
        pixels(deep_colour(values // 14))
    with pytest.raises(ValueError, match="`white` cannot apply"):
        pixels(deep_colour(values // 16), white=4095)


def test_headers_say_size_and_depth():
    image, exif = random_image(size=(7, 5)), Image.Exif()
    exif[0x0112] = 6
    for kind in ("PNG", "JPEG", "TIFF"):
        assert read_header(stored(image, kind)) == Header((7, 5), deep=False)
        assert read_header(stored(image, kind, exif=exif)) == Header((5, 7), deep=False)
    for file in (grey(np.zeros((1, 2), np.uint16)), deep_colour(np.zeros((1, 2, 3)))):
        assert read_header(file) == Header((2, 1), deep=True)


def test_samples_that_are_no_picture_are_not_scaled():
    values = np.array([[3, 70], [300, 4000]], np.uint16)
    np.testing.assert_array_equal(read_samples(grey(values, "PNG")), values)


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


def test_oversized_images_are_refused_before_they_are_decoded():
    file = stored(random_image())  # 35 pixels
    assert pixels(file, max_megapixels=35e-6).shape == (5, 7, 3)
    with pytest.raises(ValueError, match="7 x 5 pixels, more than max_megapixels 3.4e-05"):
        pixels(stored(random_image()), max_megapixels=34e-6)


@pytest.mark.filterwarnings("error")
def test_a_large_photograph_is_read():
    assert pixels(stored(Image.new("L", (12000, 9000), 99), "JPEG"), 1).shape == (9000, 12000)


def test_large_images_are_decoded_one_at_a_time(monkeypatch):
    monkeypatch.setattr(pixels_module, "LARGE", 34)
    taken = []
    lock = threading.Lock()
    monkeypatch.setattr(pixels_module, "_one_large_image", lock)
    whole = Reading._picture
    monkeypatch.setattr(Reading, "_picture", lambda *a: (taken.append(lock.locked()), whole(*a))[1])
    pixels(stored(random_image()))
    pixels(stored(random_image(size=(2, 2))))
    assert taken == [True, False]


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
