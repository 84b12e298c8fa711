"""Gabor maps against scipy's convolutions and Eq. 8 written out."""

import numpy as np
import pytest
from scipy import ndimage, signal

from spatial_mae.tasks.filters import Gabor, gabor_map, gabor_response

SETTINGS = {"frequency": 1.1, "orientation": 35.0, "phase": 20.0, "window": 0.8}


def written_out(gabor, reach):
    """Eq. 8 on a (2 reach + 1)^2 grid, in plain words."""
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    angle = np.radians(gabor.orientation)
    along = x * np.cos(angle) + y * np.sin(angle)
    dilation = {"wavelet": gabor.scale, "window": 1.0}[gabor.reading]
    wave = np.cos(gabor.frequency * along / dilation + np.radians(gabor.phase))
    return np.exp(-(x**2 + y**2) / (2 * gabor.window**2 * gabor.scale**2)) * wave


@pytest.mark.parametrize("reading", ["wavelet", "window"])
def test_filter_is_equation_8(reading):
    gabor = Gabor(reading, 2.0, **SETTINGS)
    y, x = np.mgrid[-4:5, -4:5]
    np.testing.assert_allclose(gabor(y, x), written_out(gabor, 4), atol=1e-14)


def test_the_readings_agree_at_scale_1_and_only_the_wavelet_stretches():
    y, x = np.mgrid[-6:7, -6:7]
    at = {(r, s): Gabor(r, s, **SETTINGS)(y, x) for r in ("wavelet", "window") for s in (1.0, 2.0)}
    np.testing.assert_allclose(at["wavelet", 1.0], at["window", 1.0])
    np.testing.assert_allclose(at["wavelet", 2.0][::2, ::2], at["wavelet", 1.0][3:10, 3:10])
    assert np.abs(at["wavelet", 2.0] - at["window", 2.0]).max() > 0.1


@pytest.mark.parametrize("reading", ["wavelet", "window"])
def test_zero_border_is_a_full_convolution_cut_to_the_image(reading):
    image = np.random.default_rng(1).normal(size=(5, 7))
    gabor = Gabor(reading, 3.0, **SETTINGS)
    expected = signal.convolve2d(image, written_out(gabor, 7), mode="same")
    found = image.ravel() @ gabor_map(gabor, 5, 7)
    np.testing.assert_allclose(found.reshape(5, 7), expected, atol=1e-12)


@pytest.mark.parametrize(("border", "padding"), [("circular", "wrap"), ("reflect", "symmetric")])
@pytest.mark.parametrize("scale", [0.5, 1.5, 6.0])
def test_borders_are_those_of_a_padded_image(border, padding, scale):
    image = np.random.default_rng(2).normal(size=(6, 4))
    gabor = Gabor("window", scale, **SETTINGS, border=border)
    reach = int(np.ceil(9 * gabor.spread))
    padded = np.pad(image, reach, mode=padding)
    expected = signal.convolve2d(padded, written_out(gabor, reach), mode="valid")
    found = image.ravel() @ gabor_map(gabor, 6, 4)
    np.testing.assert_allclose(found.reshape(6, 4), expected, atol=1e-9)


@pytest.mark.parametrize(("border", "mode"), [("zero", "constant"), ("reflect", "reflect")])
def test_borders_are_those_of_ndimage(border, mode):
    image = np.random.default_rng(2).normal(size=(16, 12))
    gabor = Gabor("wavelet", 1.2, **SETTINGS, border=border)
    expected = ndimage.convolve(image, written_out(gabor, 9), mode=mode)
    found = image.ravel() @ gabor_map(gabor, 16, 12)
    np.testing.assert_allclose(found.reshape(16, 12), expected, atol=1e-9)


@pytest.mark.parametrize("border", ["zero", "circular", "reflect"])
@pytest.mark.parametrize(("height", "width", "channels"), [(4, 6, 1), (5, 4, 3), (1, 8, 1)])
def test_fast_response_is_the_dense_map(border, height, width, channels):
    gabor = Gabor("wavelet", 1.7, **SETTINGS, border=border)
    rows = np.random.default_rng(3).normal(size=(9, height * width * channels))
    expected = rows @ gabor_map(gabor, height, width, channels)
    found = gabor_response(rows, gabor, height, width, channels)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_channels_are_filtered_one_by_one():
    gabor = Gabor("wavelet", 1.7, **SETTINGS)
    image = np.random.default_rng(4).normal(size=(4, 5, 3))
    found = gabor_response(image.reshape(1, -1), gabor, 4, 5, 3).reshape(4, 5, 3)
    for channel in range(3):
        alone = image[..., channel].reshape(1, -1) @ gabor_map(gabor, 4, 5)
        np.testing.assert_allclose(found[..., channel].ravel(), alone[0], atol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": -1.0}, "scale -1.0"),
        ({"scale": float("nan")}, "scale nan"),
        ({"window": 0.0}, "window 0.0"),
        ({"reading": "both"}, "wavelet or window"),
        ({"border": "mirror"}, "zero or circular or reflect"),
    ],
)
def test_bad_settings_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        Gabor(**({"reading": "window", "scale": 1.0, "frequency": 1.0} | change))


def test_rows_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"expected \(n, 20\)"):
        gabor_response(np.ones((2, 16)), Gabor("window", 1.0, 1.0), 4, 5)
