"""Inputs like natural images in what costs time: size, type and conditioning."""

import numpy as np

from spatial_mae.masks.patches import pixel_coordinates

SIDE = 32
CORRELATION_LENGTH = 10.0
CHANNEL_CORRELATION = 0.9


def natural_moment(side: int, channels: int) -> np.ndarray:
    """Correlation exp(-distance / 10), 0.9 between channels: (d, d), unchanged by flips."""
    place = pixel_coordinates(side, side).astype(float)
    steps = place[:, None] - place[None, :]
    spatial = np.exp(-np.hypot(steps[..., 0], steps[..., 1]) / CORRELATION_LENGTH)
    between = np.full((channels, channels), CHANNEL_CORRELATION)
    np.fill_diagonal(between, 1.0)
    return np.kron(spatial, between)


def random_images(n: int, side: int, channels: int) -> np.ndarray:
    """Images of independent uniform pixels: the hardest for sums that must not overflow."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (n, side, side, channels), dtype=np.uint8)
