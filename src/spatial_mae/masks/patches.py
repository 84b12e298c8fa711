"""Patches: which patch each coordinate of a flattened image belongs to. Shared by all models."""

import numpy as np


def patch_index(height: int, width: int, patch_size: int, channels: int = 1) -> np.ndarray:
    """Patch number of each coordinate of a flattened (height, width, channels) image.

    The channels of a pixel share its patch, and patches are numbered row by row. A signal of height
    1 or width 1 is one-dimensional: its patches are runs of `patch_size` pixels.

    Returns int64 of shape (height * width * channels,). Raises ValueError if `patch_size` does not
    divide the image.
    """
    tall, wide = min(patch_size, height), min(patch_size, width)
    if min(height, width) > 1:
        tall = wide = patch_size
    _check_division(height, width, patch_size, tall, wide)
    rows = np.arange(height) // tall
    columns = np.arange(width) // wide
    index = rows[:, None] * (width // wide) + columns[None, :]
    return np.repeat(index.ravel(), channels).astype(np.int64)


def _check_division(height: int, width: int, patch_size: int, tall: int, wide: int) -> None:
    longest = max(height, width)
    fits = 1 <= patch_size <= longest and height % tall == 0 and width % wide == 0
    if not fits:
        sides = [side for side in (height, width) if side > 1] or [1]
        allowed = [p for p in range(1, min(sides) + 1) if all(side % p == 0 for side in sides)]
        raise ValueError(
            f"patch size {patch_size} does not divide a {height} x {width} image; "
            f"use one of {', '.join(map(str, allowed))}"
        )


def pixel_coordinates(height: int, width: int, channels: int = 1) -> np.ndarray:
    """(row, column) of each coordinate of a flattened image: int64 of shape (d, 2)."""
    pixels = np.indices((height, width)).reshape(2, -1).T
    return np.repeat(pixels, channels, axis=0).astype(np.int64)


def same_patch(index: np.ndarray) -> np.ndarray:
    """Whether two coordinates share a patch: bool of shape (d, d) for an index of shape (d,)."""
    return index[:, None] == index[None, :]


def mirror_index(height: int, width: int, channels: int = 1) -> np.ndarray:
    """The horizontal flip as a permutation: `row[mirror]` is its mirror image. (d,) int64."""
    coordinates = np.arange(height * width * channels, dtype=np.int64)
    return coordinates.reshape(height, width, channels)[:, ::-1].ravel()
