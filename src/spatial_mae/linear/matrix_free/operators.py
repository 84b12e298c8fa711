"""Second moments S as operators: applied to columns, and known exactly inside patches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from spatial_mae.linear.matrix_free.samples import PixelSamples, Scaling, scaling

# Floating-point rows of images in memory at once.
CHUNK_BYTES = 2**26
# Images that stay in memory as floating-point numbers, which saves converting them at each step.
KEPT_BYTES = 2**29


class Moment(Protocol):
    """Symmetric, positive semi-definite S of shape (d, d) that is never formed."""

    @property
    def size(self) -> int:
        """d."""

    def apply(self, columns: np.ndarray) -> np.ndarray:
        """S @ columns, for columns of shape (d, q)."""

    def blocks(self, coordinates: np.ndarray) -> np.ndarray:
        """S between the coordinates of each patch: (P, b, b) for coordinates of shape (P, b)."""

    def diagonal(self) -> np.ndarray:
        """The diagonal of S, shape (d,)."""


@dataclass(frozen=True)
class DenseMoment:
    """S as the matrix itself: where there are more images than would be kept."""

    S: np.ndarray

    @property
    def size(self) -> int:
        return len(self.S)

    def apply(self, columns: np.ndarray) -> np.ndarray:
        return self.S @ columns

    def blocks(self, coordinates: np.ndarray) -> np.ndarray:
        return self.S[coordinates[:, :, None], coordinates[:, None, :]]

    def diagonal(self) -> np.ndarray:
        return np.diag(self.S).copy()


@dataclass(frozen=True)
class SampleMoment:
    """S = mean over images of x^T x, x = factor * pixel - offset, without forming it.

    mirror: the flip's permutation (d,), if mirror images count too; factor and offset then are the
    same for both.
    """

    rows: np.ndarray
    scaling: Scaling
    mirror: np.ndarray | None = None

    @property
    def size(self) -> int:
        return self.rows.shape[1]

    def apply(self, columns: np.ndarray) -> np.ndarray:
        if self.mirror is None:
            return self._apply(columns)
        # A permutation that is its own inverse.
        both = np.hstack([columns, columns[self.mirror]])
        plain, flipped = np.hsplit(self._apply(both), 2)
        return (plain + flipped[self.mirror]) / 2

    def blocks(self, coordinates: np.ndarray) -> np.ndarray:
        found = self._blocks(coordinates)
        if self.mirror is None:
            return found
        return (found + self._blocks(self.mirror[coordinates])) / 2

    def diagonal(self) -> np.ndarray:
        found = sum(np.einsum("ni,ni->i", x, x) for x in self.images()) / len(self.rows)
        return found if self.mirror is None else (found + found[self.mirror]) / 2

    def images(self) -> Iterator[np.ndarray]:
        """Scaled images, some at a time: float64 (some, d)."""
        for chunk in self._chunks():
            yield chunk * self.scaling.factor - self.scaling.offset

    def _apply(self, columns: np.ndarray) -> np.ndarray:
        """Scaling is applied to the columns, not to the images, which are many more numbers."""
        factor, offset = self.scaling.factor[:, None], self.scaling.offset[:, None]
        scaled, shift = factor * columns, (offset * columns).sum(axis=0)
        product, total = np.zeros(columns.shape), np.zeros(columns.shape[1])
        for chunk in self._chunks():
            seen = chunk @ scaled - shift
            product += chunk.T @ seen
            total += seen.sum(axis=0)
        return (factor * product - offset * total) / len(self.rows)

    def _blocks(self, coordinates: np.ndarray) -> np.ndarray:
        n_patches, size = coordinates.shape
        found = np.zeros((n_patches, size, size))
        for x in self.images():
            part = np.ascontiguousarray(x[:, coordinates].transpose(1, 2, 0))
            found += part @ part.transpose(0, 2, 1)
        return found / len(self.rows)

    def _chunks(self) -> Iterator[np.ndarray]:
        if self._kept is not None:
            yield self._kept
            return
        step = max(1, CHUNK_BYTES // (8 * self.size))
        for start in range(0, len(self.rows), step):
            yield self.rows[start : start + step].astype(np.float64)

    @cached_property
    def _kept(self) -> np.ndarray | None:
        return self.rows.astype(np.float64) if 8 * self.rows.size <= KEPT_BYTES else None


def sample_moment(samples: PixelSamples, centring: str, flip: bool) -> SampleMoment:
    """S of images, as `PixelMoments.matrix` without a ridge. ValueError as of `samples.scaling`."""
    mirror = samples.mirror if flip else None
    return SampleMoment(samples.rows, scaling(samples, centring, flip), mirror)


@dataclass(frozen=True)
class Mixture:
    """Sum of weight * S over parts, and ridge I, the ridge in the units of S."""

    parts: Sequence[tuple[float, Moment]]
    ridge: float = 0.0

    @property
    def size(self) -> int:
        return self.parts[0][1].size

    def apply(self, columns: np.ndarray) -> np.ndarray:
        return sum((w * part.apply(columns) for w, part in self.parts), self.ridge * columns)

    def blocks(self, coordinates: np.ndarray) -> np.ndarray:
        identity = self.ridge * np.eye(coordinates.shape[1])
        return sum((w * part.blocks(coordinates) for w, part in self.parts), identity)

    def diagonal(self) -> np.ndarray:
        return sum((w * part.diagonal() for w, part in self.parts), self.ridge)


def with_ridge(moment: Moment, fraction: float) -> Mixture:
    """S with this share of the mean of its diagonal added to the diagonal."""
    return Mixture([(1.0, moment)], fraction * float(moment.diagonal().mean()))
