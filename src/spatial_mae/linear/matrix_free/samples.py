"""Images kept as integers instead of the sums of their products: the moments of large images."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatial_mae.files import read_arrays, write_arrays
from spatial_mae.linear.colour import channels_kept, full_scale, integer_rows
from spatial_mae.linear.moments import (
    CENTRINGS,
    PixelMoments,
    check_images,
    pixel_moments,
    spread_evenly,
    summed,
)
from spatial_mae.linear.sizes import check_images_fit, kept_as_images
from spatial_mae.masks.patches import mirror_index
from spatial_mae.study.checking import nearest

# Images converted at once.
CHUNK_BYTES = 2**26


@dataclass(frozen=True)
class PixelSamples:
    """Rows of integer pixels, (n, d), of images (height, width, channels); scale stands for 1."""

    rows: np.ndarray
    height: int
    width: int
    channels: int
    colour: str
    scale: int

    @property
    def n(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of an image."""
        return self.height, self.width, self.channels

    @property
    def mirror(self) -> np.ndarray:
        """The horizontal flip as a permutation of the coordinates, shape (d,)."""
        return mirror_index(self.height, self.width, self.channels)

    def part(self, start: int, stop: int) -> "PixelSamples":
        """The images from `start` up to `stop`, without a copy."""
        return PixelSamples(self.rows[start:stop], *self.shape, self.colour, self.scale)

    def moments(self) -> PixelMoments:
        """The sums of products (d, d) of these images. ValueError if they do not fit in memory."""
        return summed(**vars(self))

    def save(self, path: str | Path) -> None:
        """Write the images to an npz file."""
        write_arrays(path, {name: np.asarray(value) for name, value in vars(self).items()})


def pixel_samples(images: np.ndarray, colour: str = "luma", n: int | None = None) -> PixelSamples:
    """Keep n of the images, spread evenly over them, in the chosen colour.

    Arguments as in `moments.pixel_moments`. Raises ValueError as that does, for fewer than two
    images, for images that are all the same, or for more than fit in half of the free memory.
    """
    images = check_images(images)
    available, height, width, channels = images.shape
    n = available if n is None else n
    if not 2 <= n <= available:
        raise ValueError(
            f"n = {n} images: moments of large images need 2 to {available}, all there are"
        )
    kept, scale = channels_kept(colour, channels), full_scale(colour, channels)
    size = height * width * kept
    check_images_fit(n, size)
    rows = np.empty((n, size), np.uint8 if scale <= 255 else np.uint16)
    step = max(1, CHUNK_BYTES // (height * width * channels * 4))
    for start in range(0, n, step):
        stop = min(start + step, n)
        rows[start:stop] = integer_rows(spread_evenly(images, start, stop, n), colour)
    if (rows == rows[0]).all():
        raise ValueError(f"all {n} images are the same: there is nothing to learn from them")
    return PixelSamples(rows, height, width, kept, colour, scale)


def images_or_sums(
    images: np.ndarray, colour: str, n: int | None = None
) -> PixelSamples | PixelMoments:
    """The moments of images in the form that fits their size: `sizes.kept_as_images`.

    Arguments and errors as of `pixel_moments` and `pixel_samples`.
    """
    known = check_images(images)
    size = known[0].size if colour == "rgb" else known[0].size // known.shape[3]
    if kept_as_images(len(images) if n is None else n, size):
        return pixel_samples(images, colour, n)
    return pixel_moments(images, colour, n)


def read_images_or_sums(path: str | Path) -> PixelSamples | PixelMoments:
    """What `save` of either wrote. FileNotFoundError if there is no such file."""
    arrays = {k: v if v.ndim else v.item() for k, v in read_arrays(path).items()}
    return PixelSamples(**arrays) if "rows" in arrays else PixelMoments(**arrays)


@dataclass(frozen=True)
class Scaling:
    """x = (pixel / scale - mean) / deviation: x = factor * pixel - offset, both of shape (d,)."""

    factor: np.ndarray
    offset: np.ndarray


def scaling(samples: PixelSamples, centring: str, flip: bool) -> Scaling:
    """What centring does to integer pixels; the mean and deviation are those of these images.

    flip: mean and deviation of the images and their mirror images together. Raises ValueError for
    an unknown centring, or a coordinate that is constant and so cannot be standardised.
    """
    if centring not in CENTRINGS:
        raise ValueError(f"unknown centring {centring!r}; {nearest(centring, CENTRINGS)}")
    size = samples.rows.shape[1]
    if centring == "raw":
        return Scaling(np.full(size, 1 / samples.scale), np.zeros(size))
    mean, square = _averages(samples, flip)
    deviation = np.ones(size)
    if centring == "standardised":
        deviation = np.sqrt(np.maximum(square - mean**2, 0.0))
        if constant := np.count_nonzero(deviation == 0):
            raise ValueError(
                f"{constant} coordinates are the same in all images and cannot be standardised; "
                "use centring 'centred' or 'raw', or more images"
            )
    return Scaling(1 / (samples.scale * deviation), mean / deviation)


def _averages(samples: PixelSamples, flip: bool) -> tuple[np.ndarray, np.ndarray]:
    """Mean and mean square of each coordinate, in units of a pixel of 1."""
    size = samples.rows.shape[1]
    total, squares = np.zeros(size, np.int64), np.zeros(size, np.int64)
    step = max(1, CHUNK_BYTES // (8 * size))
    for start in range(0, samples.n, step):
        chunk = samples.rows[start : start + step].astype(np.int64)
        total += chunk.sum(axis=0)
        squares += np.einsum("ni,ni->i", chunk, chunk)
    mean, square = total / (samples.n * samples.scale), squares / (samples.n * samples.scale**2)
    if flip:
        mirror = samples.mirror
        mean, square = (mean + mean[mirror]) / 2, (square + square[mirror]) / 2
    return mean, square
