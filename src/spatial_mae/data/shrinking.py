"""Area averages: a small pixel is the mean of what it covers, all of it or what is known."""

import numpy as np


def overlap_matrix(n_large: int, n_small: int) -> np.ndarray:
    """(n_small, n_large): the share of large pixel j that is in small pixel i, for one axis.

    A row sums to n_large / n_small, the large pixels under a small one. Raises ValueError if the
    small axis is not the smaller.
    """
    if not 0 < n_small <= n_large:
        raise ValueError(f"cannot shrink {n_large} pixels to {n_small}; ask for at most {n_large}")
    edges = np.arange(n_small + 1) * (n_large / n_small)
    pixels = np.arange(n_large)
    upper = np.minimum(edges[1:, None], pixels + 1)
    lower = np.maximum(edges[:-1, None], pixels)
    return np.clip(upper - lower, 0, None)


def shrink_images(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 (n, height, width, channels) to (n, *size, channels): area means, rounded."""
    if images.shape[1:3] == tuple(size):
        return images
    rows, columns = (
        overlap_matrix(large, small) for large, small in zip(images.shape[1:3], size, strict=True)
    )
    sums = np.einsum("nijc,Ii,Jj->nIJc", images.astype(np.float64), rows, columns, optimize=True)
    return np.rint(sums / (rows[0].sum() * columns[0].sum())).astype(np.uint8)


def shrink_known(
    values: np.ndarray, known: np.ndarray, size: tuple[int, int], min_known_share: float
) -> np.ndarray:
    """Area means of `values` (height, width) over the pixels that are `known` (bool).

    Returns float64 of shape `size`, NaN where less than `min_known_share` of the area is known
    (or nothing).
    """
    rows, columns = (
        overlap_matrix(large, small) for large, small in zip(values.shape, size, strict=True)
    )
    total = rows @ np.where(known, values, 0.0) @ columns.T
    area = rows @ known.astype(np.float64) @ columns.T
    share = area / (rows[0].sum() * columns[0].sum())
    enough = (share >= min_known_share - 1e-9) & (area > 1e-9)
    return np.where(enough, total / np.where(enough, area, 1), np.nan)
