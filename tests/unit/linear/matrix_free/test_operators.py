import numpy as np
import pytest

from spatial_mae.linear.blocks import block_coordinates
from spatial_mae.linear.matrix_free.operators import (
    DenseMoment,
    Mixture,
    sample_moment,
    with_ridge,
)
from spatial_mae.linear.matrix_free.samples import PixelSamples, pixel_samples
from spatial_mae.linear.matrix_free.stationary import autocovariance, stationary_moment
from spatial_mae.linear.moments import CENTRINGS, pixel_moments
from spatial_mae.masks.patches import patch_index

SHAPE = (4, 6, 3)


def pixels(n: int = 30) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, *SHAPE), dtype=np.uint8)


def columns(size: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((size, 5))


@pytest.mark.parametrize("centring", CENTRINGS)
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("colour", ["luma", "gray", "rgb"])
def test_images_act_as_their_second_moments(centring, flip, colour):
    S = pixel_moments(pixels(), colour).matrix(centring, 0.1, flip)
    found = with_ridge(sample_moment(pixel_samples(pixels(), colour), centring, flip), 0.1)
    channels = 3 if colour == "rgb" else 1
    patches = np.array(block_coordinates(patch_index(*SHAPE[:2], 2, channels)))
    assert found.apply(columns(len(S))) == pytest.approx(S @ columns(len(S)), rel=1e-9, abs=1e-12)
    assert found.blocks(patches) == pytest.approx(DenseMoment(S).blocks(patches), abs=1e-13)
    assert found.diagonal() == pytest.approx(np.diag(S), rel=1e-12)


def test_images_that_do_not_stay_in_memory_act_the_same(monkeypatch):
    kept = sample_moment(pixel_samples(pixels(), "rgb"), "centred", True)
    expected = kept.apply(columns(72))
    for name, value in (("KEPT_BYTES", 0), ("CHUNK_BYTES", 8 * 72 * 7)):
        monkeypatch.setattr(f"spatial_mae.linear.matrix_free.operators.{name}", value)
    read = sample_moment(pixel_samples(pixels(), "rgb"), "centred", True)
    assert len(list(read.images())) == 5
    assert read.apply(columns(72)) == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_the_sums_of_kept_images_are_those_of_the_images():
    samples = pixel_samples(pixels(), "rgb", 10)
    assert np.array_equal(samples.moments().gram, pixel_moments(pixels(), "rgb", 10).gram)
    assert np.array_equal(samples.part(2, 5).rows, samples.rows[2:5])


def test_the_autocovariance_is_the_mean_over_pairs_of_pixels():
    x = np.random.default_rng(2).standard_normal((3, *SHAPE))
    found = autocovariance([x[:2].reshape(2, -1), x[2:].reshape(1, -1)], SHAPE)
    for dy, dx in ((0, 0), (1, 2), (-3, 4), (2, -5)):
        pairs = [
            np.multiply.outer(image[r, c], image[r + dy, c + dx])
            for image in x
            for r in range(4)
            for c in range(6)
            if 0 <= r + dy < 4 and 0 <= c + dx < 6
        ]
        assert found[dy, dx] == pytest.approx(np.mean(pairs, axis=0), rel=1e-9)


@pytest.mark.parametrize("flip", [False, True])
def test_a_stationary_moment_is_definite_and_the_same_everywhere(flip):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((4, *SHAPE)).cumsum(1).cumsum(2).reshape(4, -1)
    moment = stationary_moment([x], SHAPE, flip)
    size = moment.size
    S = moment.apply(np.eye(size))
    i, j = np.arange(size)[:, None], np.arange(size)[None, :]
    assert moment.entries(i, j) == pytest.approx(S, abs=1e-12)
    assert moment.diagonal() == pytest.approx(np.diag(S))
    assert np.trace(S) == pytest.approx((x**2).mean(0).sum(), rel=0.5)
    assert np.linalg.eigvalsh(S)[0] >= -1e-12 * np.trace(S)
    assert pytest.approx(S[:3, :3]) == S[-3:, -3:]  # the first pixel and the last
    patches = np.array(block_coordinates(patch_index(*SHAPE[:2], 2, 3)))
    assert moment.blocks(patches) == pytest.approx(DenseMoment(S).blocks(patches), abs=1e-12)
    mirror = PixelSamples(x, *SHAPE, "rgb", 1).mirror
    same = np.allclose(S[np.ix_(mirror, mirror)], S)
    assert same == flip


def test_channels_that_are_displaced_stay_displaced_to_the_same_side():
    noise = np.random.default_rng(4).standard_normal((4000, 4, 7))
    x = np.stack([noise[:, :, 1:], noise[:, :, :-1]], axis=3)  # channel 1 lags one pixel behind
    moment = stationary_moment([x.reshape(4000, -1)], (4, 6, 2), flip=False)
    S = x.reshape(4000, -1).T @ x.reshape(4000, -1) / 4000
    i, j = np.arange(48)[:, None], np.arange(48)[None, :]
    assert moment.apply(np.eye(48)) == pytest.approx(S, abs=0.15)
    assert moment.entries(i, j) == pytest.approx(S, abs=0.15)


def test_means_over_few_pairs_are_not_definite_before_clipping():
    """Why the spectrum is clipped."""
    x = np.random.default_rng(4).standard_normal((2, 8, 8, 1))
    assert np.fft.fft2(autocovariance([x.reshape(2, -1)], (8, 8, 1))[..., 0, 0]).real.min() < 0


def test_a_mixture_is_the_weighted_sum():
    first, second = (np.diag(np.arange(1.0, 5) + shift) for shift in (0, 10))
    found = Mixture([(0.25, DenseMoment(first)), (0.75, DenseMoment(second))], 2.0)
    expected = 0.25 * first + 0.75 * second + 2 * np.eye(4)
    assert found.apply(np.eye(4)) == pytest.approx(expected)
    assert found.diagonal() == pytest.approx(np.diag(expected))
    assert found.blocks(np.arange(4).reshape(2, 2))[1] == pytest.approx(expected[2:, 2:])
