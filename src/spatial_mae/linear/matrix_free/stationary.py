"""A stationary covariance: one value for each displacement of two pixels, applied by FFT.

The covariance at a displacement is the mean over images and over all pairs of pixels that far
apart. It is put on a torus of twice the image's sides, so that no pair wraps around, and the
negative part of its spectrum is removed: means over few pairs leave it indefinite.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2

Shape = tuple[int, int, int]
# Of columns transformed at once.
CHUNK_BYTES = 2**26


@dataclass(frozen=True)
class StationaryMoment:
    """S between pixels from the displacement alone.

    shape: (height, width, channels). spectrum: Hermitian, positive semi-definite (channels,
    channels) matrices, (rows, columns, channels, channels), of a real FFT on the torus `period`.
    """

    shape: Shape
    period: tuple[int, int]
    spectrum: np.ndarray

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1] * self.shape[2]

    def apply(self, columns: np.ndarray) -> np.ndarray:
        height, width, channels = self.shape
        result = np.empty(columns.shape)
        step = max(1, CHUNK_BYTES // (16 * channels * self.period[0] * self.period[1]))
        for start in range(0, columns.shape[1], step):
            some = columns[:, start : start + step]
            pictures = some.reshape(height, width, channels, -1).transpose(3, 2, 0, 1)
            found = self._filtered(pictures)
            result[:, start : start + step] = found.transpose(2, 3, 1, 0).reshape(len(some), -1)
        return result

    def _filtered(self, pictures: np.ndarray) -> np.ndarray:
        """Correlation with the covariance: the spectrum's conjugate, which is its transpose."""
        height, width, channels = self.shape
        waves = rfft2(pictures, self.period)
        if channels == 1:
            waves *= self.spectrum[..., 0, 0]
        else:
            waves = np.einsum("rcji,njrc->nirc", self.spectrum, waves)
        return irfft2(waves, self.period)[..., :height, :width]

    def blocks(self, coordinates: np.ndarray) -> np.ndarray:
        """All patches have the same block: that of the first, repeated without a copy."""
        block = self.entries(coordinates[0][:, None], coordinates[0][None, :])
        return np.broadcast_to(block, (len(coordinates), *block.shape))

    def diagonal(self) -> np.ndarray:
        height, width, channels = self.shape
        variance = np.diag(self._covariance[0, 0])
        return np.tile(variance, height * width)

    def entries(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """S between coordinates, broadcast against each other."""
        width, channels = self.shape[1:]
        pixel, other = first // channels, second // channels
        dy, dx = other // width - pixel // width, other % width - pixel % width
        return self._covariance[dy, dx, first % channels, second % channels]

    @cached_property
    def _covariance(self) -> np.ndarray:
        """E x_c(i) x_c'(i + displacement): (*period, channels, channels)."""
        return irfft2(self.spectrum, self.period, axes=(0, 1))


def stationary_moment(images: Iterable[np.ndarray], shape: Shape, flip: bool) -> StationaryMoment:
    """The stationary covariance of scaled images, in chunks (some, d). flip: of mirror images too.

    The positive part of the spectrum is scaled so that the total variance is that of the images.
    """
    covariance, period = autocovariance(images, shape), _period(shape)
    if flip:
        backwards = np.roll(covariance[:, ::-1], 1, axis=1)
        covariance = (covariance + backwards) / 2
    variance = np.trace(covariance[0, 0])
    spectrum = rfft2(covariance, axes=(0, 1))
    spectrum = (spectrum + np.conj(np.swapaxes(spectrum, 2, 3))) / 2
    values, vectors = np.linalg.eigh(spectrum)
    kept = vectors * np.maximum(values, 0.0)[..., None, :]
    spectrum = kept @ np.conj(np.swapaxes(vectors, 2, 3))
    moment = StationaryMoment(shape, period, spectrum)
    scale = variance / np.trace(moment._covariance[0, 0])
    return StationaryMoment(shape, period, spectrum * scale)


def autocovariance(images: Iterable[np.ndarray], shape: Shape) -> np.ndarray:
    """Mean over images and pairs of pixels of x_c(i) x_c'(i + displacement).

    Returns shape (*period, channels, channels) on the torus: negative displacements from its end; 0
    where no pair of pixels is so far apart.
    """
    height, width, _ = shape
    sums, n = autocovariance_sums(images, shape)
    period = sums.shape[:2]
    pairs = np.multiply.outer(_pairs(height, period[0]), _pairs(width, period[1]))[..., None, None]
    return np.divide(sums, n * pairs, out=np.zeros_like(sums), where=pairs > 0)


def autocovariance_sums(images: Iterable[np.ndarray], shape: Shape) -> tuple[np.ndarray, int]:
    """Sums over images and pairs of pixels, (*period, channels, channels), and how many images."""
    height, width, channels = shape
    period, n, power = _period(shape), 0, 0.0
    for chunk in images:
        for x in chunk.reshape(-1, height, width, channels):
            waves = rfft2(x, period, axes=(0, 1))
            power = power + np.conj(waves)[..., :, None] * waves[..., None, :]
            n += 1
    return irfft2(power, period, axes=(0, 1)), n


def _period(shape: Shape) -> tuple[int, int]:
    return tuple(next_fast_len(2 * side - 1, real=True) for side in shape[:2])


def _pairs(side: int, period: int) -> np.ndarray:
    """Pairs of pixels along a side at each displacement of the torus."""
    steps = np.arange(period)
    return np.maximum(side - np.minimum(steps, period - steps), 0)
