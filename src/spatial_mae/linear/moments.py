"""Second moments of images: one streaming pass, exact sums, every normalisation afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spatial_mae.files import read_arrays, write_arrays
from spatial_mae.linear.colour import channels_kept, full_scale, integer_rows
from spatial_mae.linear.gram import gram
from spatial_mae.linear.sizes import check_dense_fits
from spatial_mae.masks.patches import mirror_index
from spatial_mae.study.checking import nearest

CENTRINGS = ("raw", "centred", "standardised")
CHUNK_ROWS = 8192
CHUNK_BYTES = 2**26


@dataclass(frozen=True)
class PixelMoments:
    """Exact sums over n images of integer pixels: enough for every centring, ridge and flip.

    gram: sum of x^T x, int64 (d, d). total: sum of x, int64 (d,). height, width, channels: of the
    converted images, d = height * width * channels. scale: the integer that represents 1.
    """

    gram: np.ndarray
    total: np.ndarray
    n: int
    height: int
    width: int
    channels: int
    colour: str
    scale: int

    @property
    def mean(self) -> np.ndarray:
        """Mean image, in [0, 1], shape (d,)."""
        return self.total / (self.n * self.scale)

    @property
    def deviation(self) -> np.ndarray:
        """Standard deviation of each coordinate over the images, shape (d,)."""
        return np.sqrt(np.diag(self.matrix("centred")))

    @property
    def mirror(self) -> np.ndarray:
        """The horizontal flip as a permutation of the coordinates, shape (d,)."""
        return mirror_index(self.height, self.width, self.channels)

    def matrix(
        self, centring: str = "raw", ridge_fraction: float = 0.0, flip: bool = False
    ) -> np.ndarray:
        """S, shape (d, d), float64: the mean over images of x^T x, for pixels in [0, 1].

        centring: "raw"; "centred" subtracts each coordinate's mean; "standardised" also divides by
        its standard deviation. ridge_fraction: this share of the mean of diag S is added to the
        diagonal. flip: the moments of the images and their mirror images together.

        Raises ValueError for an unknown centring, a negative ridge, or a coordinate that is the
        same in all images and so cannot be standardised.
        """
        if centring not in CENTRINGS:
            raise ValueError(f"unknown centring {centring!r}; {nearest(centring, CENTRINGS)}")
        if not (np.isfinite(ridge_fraction) and ridge_fraction >= 0):
            raise ValueError(
                f"ridge {ridge_fraction} must be a fraction of mean(diag S), 0 or more"
            )
        products, total, n = self._augmented() if flip else (self.gram, self.total, self.n)
        if centring == "raw":
            S = products / (n * self.scale**2)
        else:
            # The integers are exact, so that nothing cancels.
            S = (n * products - np.multiply.outer(total, total)) / (float(n) * self.scale) ** 2
        if centring == "standardised":
            S = _standardised(S)
        S.flat[:: len(S) + 1] += ridge_fraction * np.diag(S).mean()
        return S

    def _augmented(self) -> tuple[np.ndarray, np.ndarray, int]:
        mirror = self.mirror
        flipped = self.gram[np.ix_(mirror, mirror)]
        return self.gram + flipped, self.total + self.total[mirror], 2 * self.n

    def save(self, path: str | Path) -> None:
        """Write the sums to an npz file."""
        write_arrays(path, {name: np.asarray(value) for name, value in vars(self).items()})


def load_moments(path: str | Path) -> PixelMoments:
    """Read what `PixelMoments.save` wrote, or sum what `PixelSamples.save` did.

    Raises FileNotFoundError if there is no such file, and ValueError if the sums of kept images do
    not fit in the free memory.
    """
    arrays = {k: v if v.ndim else v.item() for k, v in read_arrays(path).items()}
    return summed(**arrays) if "rows" in arrays else PixelMoments(**arrays)


def summed(
    rows: np.ndarray, height: int, width: int, channels: int, colour: str, scale: int
) -> PixelMoments:
    """The moments of images that are kept as rows of integers, (n, d): `samples.PixelSamples`."""
    n, size = rows.shape
    check_dense_fits(size)
    products, total = gram([rows], size, "float64" if scale > 255 else "auto", n)
    return PixelMoments(products, total, n, height, width, channels, colour, scale)


def pixel_moments(
    images: np.ndarray, colour: str = "luma", n: int | None = None, method: str = "auto"
) -> PixelMoments:
    """Sum pixels and their products over images, in one pass and bounded memory, exactly.

    images: uint8 of shape (N, height, width, channels) or (N, height, width), memory-mapped or not.
    colour: "luma", "gray" or "rgb" (see `colour.integer_rows`). n: how many of the images, spread
    evenly over them; all by default. method: see `gram.gram`.

    Raises ValueError for other dtypes or shapes, an unknown colour, n outside 1 to N, so many
    images that integer sums would overflow, or sums that do not fit in the free memory.
    """
    images = check_images(images)
    available, height, width, channels = images.shape
    n = available if n is None else n
    if not 1 <= n <= available:
        raise ValueError(f"n = {n} images were asked for, but there are {available}")
    kept, scale = channels_kept(colour, channels), full_scale(colour, channels)
    if limit := _overflow(n, scale):
        raise ValueError(f"n = {n} images overflow exact sums; use at most {limit}")
    size = height * width * kept
    check_dense_fits(size)
    method = "float64" if scale > 255 else method
    products, total = gram(_chunks(images, colour, n), size, method, n)
    return PixelMoments(products, total, n, height, width, kept, colour, scale)


def second_moment(
    images: np.ndarray,
    colour: str = "luma",
    centring: str = "raw",
    ridge: float = 0.0,
    flip: bool = False,
    n: int | None = None,
) -> np.ndarray:
    """Second moments S of images, shape (d, d): `pixel_moments` followed by `PixelMoments.matrix`.

    ridge: a fraction of the mean of diag S.
    """
    return pixel_moments(images, colour, n).matrix(centring, ridge, flip)


def check_images(images: np.ndarray) -> np.ndarray:
    """Images of shape (n, height, width, channels); ValueError unless uint8 of 3 or 4 axes."""
    images = images[..., None] if images.ndim == 3 else images
    if images.ndim != 4 or images.dtype != np.uint8:
        raise ValueError(
            f"images have shape {images.shape} and dtype {images.dtype}; expected uint8 of shape "
            "(n, height, width, channels), pixels 0 to 255"
        )
    return images


def _overflow(n: int, scale: int) -> int:
    """The largest number of images whose centred moments are exact in int64, if n exceeds it."""
    # Twice n for the mirror images; n * gram is below (n * scale)^2.
    limit = int(2**31.5) // (2 * scale)
    return limit if n > limit else 0


def _chunks(images: np.ndarray, colour: str, n: int) -> Iterator[np.ndarray]:
    step = min(CHUNK_ROWS, max(1, CHUNK_BYTES // images[0].nbytes))
    for start in range(0, n, step):
        part = spread_evenly(images, start, min(start + step, n), n)
        yield integer_rows(part, colour)


def spread_evenly(images: np.ndarray, start: int, stop: int, n: int) -> np.ndarray:
    """Numbers `start` up to `stop` of the n images that are spread evenly over all."""
    if n == len(images):
        return images[start:stop]
    return images[np.arange(start, stop) * len(images) // n]


def _standardised(S: np.ndarray) -> np.ndarray:
    variance = np.diag(S)
    constant = np.flatnonzero(variance <= 0)
    if len(constant):
        raise ValueError(
            f"{len(constant)} coordinates (the first is {constant[0]}) are the same in all images "
            "and cannot be standardised; use centring 'centred' or 'raw', or more images"
        )
    deviation = np.sqrt(variance)
    return S / deviation[:, None] / deviation[None, :]
