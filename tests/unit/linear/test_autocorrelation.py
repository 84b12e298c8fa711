import numpy as np
import pytest

from spatial_mae.linear.autocorrelation import (
    AutocorrelationRecipe,
    autocorrelation_rows,
    autocovariance,
)
from spatial_mae.linear.moments import pixel_moments

HEIGHT, WIDTH = 4, 5


def _images(channels: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (7, HEIGHT, WIDTH, channels), dtype=np.uint8)


def _loop(images: np.ndarray, border: str, mean_removal: str, dy: int, dx: int) -> float:
    """Eq. 5 read aloud: over images, channels and positions."""
    f = images / 255
    if mean_removal == "dataset":
        f = f - f.mean(axis=0)
    if mean_removal == "image":
        f = f - f.mean(axis=(1, 2), keepdims=True)
    products = []
    for y in range(HEIGHT):
        for x in range(WIDTH):
            there = 0 <= y + dy < HEIGHT and 0 <= x + dx < WIDTH
            if there:
                products.append(np.mean(f[:, y, x] * f[:, y + dy, x + dx]))
            elif border == "zero":
                products.append(0.0)
    return np.mean(products)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("border", ["valid", "zero"])
@pytest.mark.parametrize("mean_removal", ["none", "dataset", "image"])
def test_it_matches_a_loop_over_images(channels, border, mean_removal):
    images = _images(channels)
    moments = pixel_moments(images, "rgb" if channels == 3 else "luma")
    found = autocovariance(moments, border, mean_removal)
    assert found.shape == (2 * HEIGHT - 1, 2 * WIDTH - 1)
    for dy in range(-3, 4):
        for dx in range(-4, 5):
            expected = _loop(images, border, mean_removal, dy, dx)
            assert found[dy + 3, dx + 4] == pytest.approx(expected, abs=1e-14)


def test_rows_are_normalised_to_zero_displacement():
    recipe = AutocorrelationRecipe(("valid", "zero"), ("none", "image"), 2)
    rows = autocorrelation_rows(pixel_moments(_images(1)), recipe)
    assert len(rows) == 2 * 2 * 5 * 5
    for row in rows:
        if row["dx"] == row["dy"] == 0:
            assert row["correlation"] == 1
        if (row["dx"], row["dy"]) == (1, -2):
            assert row["distance"] == pytest.approx(5**0.5)
            expected = _loop(_images(1), row["border"], row["mean_removal"], -2, 1)
            assert row["covariance"] == pytest.approx(expected, abs=1e-14)


def test_bad_choices_are_refused():
    moments = pixel_moments(_images(1))
    with pytest.raises(ValueError, match="max_displacement = 4 does not fit .* use 1 to 3"):
        autocorrelation_rows(moments, AutocorrelationRecipe(("valid",), ("none",), 4))
    with pytest.raises(ValueError, match="unknown border 'wrap'"):
        autocovariance(moments, "wrap", "none")
    with pytest.raises(ValueError, match="did you mean 'image'"):
        autocovariance(moments, "zero", "images")
