"""Disjoint subsets of a data set's images: exact moments of each, and of what is held out."""

from dataclasses import replace

import numpy as np

from spatial_mae.linear.moments import PixelMoments, pixel_moments


def subset_moments(
    images: np.ndarray,
    colour: str,
    n: int | None,
    n_subsets: int,
    held_out: float,
    rng: np.random.Generator,
) -> tuple[list[PixelMoments], PixelMoments]:
    """Moments of `n_subsets` disjoint random subsets of equal size, and of the images held out.

    images: uint8 (N, height, width, channels). n: how many of them are used, spread evenly over all
    as for `pixel_moments`; None: all. held_out: the share that is in no subset.
    Raises ValueError if n exceeds N or a subset would be empty.
    """
    available = len(images)
    n = available if n is None else n
    if n > available:
        raise ValueError(f"n = {n} images were asked for, but there are {available}")
    size = int(n * (1 - held_out)) // n_subsets
    if size < 1:
        raise ValueError(f"{n} images are too few for {n_subsets} subsets; use fewer halvings")
    order = rng.permutation(np.arange(n) * available // n)
    parts = np.split(order, np.arange(1, n_subsets + 1) * size)
    found = [pixel_moments(images[np.sort(part)], colour) for part in parts]
    return found[:-1], found[-1]


def joined(first: PixelMoments, second: PixelMoments) -> PixelMoments:
    """The moments of the images of both."""
    return replace(
        first,
        gram=first.gram + second.gram,
        total=first.total + second.total,
        n=first.n + second.n,
    )


def merged(subsets: list[PixelMoments]) -> list[PixelMoments]:
    """Neighbours joined two by two: half as many subsets of twice the size."""
    return [joined(*pair) for pair in zip(subsets[::2], subsets[1::2], strict=True)]
