"""Leaves to images: which leaf is in front at each sample, and what colour is seen there."""

import math
from collections.abc import Iterator

import numpy as np

from spatial_mae.data.leaf_shapes import REACH, inside
from spatial_mae.data.leaves import BRIGHTNESS, DeadLeaves, Leaves

MIN_STRIPE = 3.0  # pixels a period: finer bars would be averaged away
STRIPE_CONTRAST = 0.3


def render(
    recipe: DeadLeaves, shape: str, leaves: Leaves, striped: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw `leaves`: images uint8 (n, h, w, 3), depth float32 (n, h, w) at the pixels' centres.

    striped: (n,) bool, the images whose leaves have bars. `rng` draws light and the bars' phases.
    """
    front = front_leaf(recipe, shape, leaves)
    colour = _shade(recipe, leaves, front, striped, rng)
    middle = slice(recipe.supersampling // 2, None, recipe.supersampling)
    image = np.arange(len(front))[:, None, None]
    return _shrink(colour, recipe.supersampling), leaves.depth[image, front[:, middle, middle]]


def front_leaf(recipe: DeadLeaves, shape: str, leaves: Leaves) -> np.ndarray:
    """Number of the front-most leaf at each sample: int16 (images, height s, width s).

    Sample i of an axis is at (i + 1/2) / s pixels, s = supersampling. Leaves of like size go
    together, one of each image at a time, within windows that just hold them; comparing
    leaf numbers makes the order in which they fall irrelevant.
    """
    extents = [extent * recipe.supersampling for extent in recipe.size]
    n, n_leaves = leaves.radius.shape
    front = np.full((n, *extents), n_leaves - 1, dtype=np.int16)
    reach = np.ceil(2 * REACH * leaves.radius[:, :-1] * recipe.supersampling) + 2
    size_class = np.ceil(2 * np.log2(reach)).astype(int)  # windows grow by sqrt(2)
    for k in np.unique(size_class):
        window = [min(extent, math.ceil(2 ** (k / 2))) for extent in extents]
        for images, numbers in _one_of_each(size_class == k):
            _drop(front, shape, leaves, (images, numbers), window, recipe.supersampling)
    return front


def _one_of_each(chosen: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rounds of (image, leaf) pairs that visit every chosen pair, no image twice in a round."""
    images, numbers = np.nonzero(chosen)
    turn = (np.cumsum(chosen, axis=1) - 1)[images, numbers]
    order = np.argsort(turn, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(turn[order])) + 1):
        yield images[part], numbers[part]


def _drop(
    front: np.ndarray,
    shape: str,
    leaves: Leaves,
    chosen: tuple[np.ndarray, np.ndarray],
    window: list[int],
    factor: int,
) -> None:
    """Let one leaf fall in each of some images: write its number where it is in front."""
    images, numbers = chosen
    row, column = leaves.row[chosen], leaves.column[chosen]
    rows = _window(row, window[0], front.shape[1], factor)
    columns = _window(column, window[1], front.shape[2], factor)
    y = ((rows + 0.5) / factor - row[:, None]) / leaves.radius[chosen][:, None]
    x = ((columns + 0.5) / factor - column[:, None]) / leaves.radius[chosen][:, None]
    covered = inside(shape, *_turn(x[:, None, :], y[:, :, None], leaves.angle[chosen]))
    place = (images[:, None] * front.shape[1] + rows) * front.shape[2]
    place = place[:, :, None] + columns[:, None, :]
    flat = front.reshape(-1)  # a view: front is contiguous
    seen = flat[place]
    number = numbers.astype(np.int16)[:, None, None]
    flat[place] = np.where(covered, np.minimum(seen, number), seen)


def _window(centre: np.ndarray, length: int, extent: int, factor: int) -> np.ndarray:
    """Sample positions (n, length) around `centre` (pixels), moved inside 0..extent-1."""
    start = np.round(centre * factor - length / 2).astype(np.int64)
    return np.clip(start, 0, extent - length)[:, None] + np.arange(length)


def _turn(x: np.ndarray, y: np.ndarray, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates along and across leaves turned by `angle` (n,), from x and y (n, ...)."""
    x, y = x.astype(np.float32), y.astype(np.float32)
    cosine, sine = (f(angle).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    return x * cosine + y * sine, y * cosine - x * sine


def _shade(
    recipe: DeadLeaves,
    leaves: Leaves,
    front: np.ndarray,
    striped: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Colours of the samples: float32 (n, height s, width s, 3), 1 = white, not yet clipped."""
    image = np.arange(len(front))[:, None, None]
    clear = np.exp(-recipe.haze * leaves.depth)[image, front]
    direct = clear.copy()
    direct[striped] *= _bars(recipe, leaves, front, striped, rng)
    veil = np.float32(BRIGHTNESS[1]) * (1 - clear)
    light = _light(recipe, front.shape, rng)[..., None]
    return light * (leaves.reflectance[image, front] * direct[..., None] + veil[..., None])


def _bars(
    recipe: DeadLeaves,
    leaves: Leaves,
    front: np.ndarray,
    striped: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Factor 1 +- STRIPE_CONTRAST of the striped images: bars across each leaf's long axis."""
    image, number = np.flatnonzero(striped)[:, None, None], front[striped]
    period = np.maximum(recipe.stripe_period * leaves.radius, MIN_STRIPE)
    phase = rng.random(leaves.radius.shape).astype(np.float32)
    step_x, step_y = ((turn(leaves.angle) / period).astype(np.float32) for turn in (np.cos, np.sin))
    y, x = _positions(recipe, front.shape)
    turns = phase[image, number] + x * step_x[image, number] + y * step_y[image, number]
    light_bar = turns - np.floor(turns) < 0.5
    return np.where(light_bar, np.float32(1 + STRIPE_CONTRAST), np.float32(1 - STRIPE_CONTRAST))


def _light(recipe: DeadLeaves, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """exp(gain + slope (position from the centre, half an image = 1)): (n, height s, width s)."""
    gain, slope = recipe.illumination * rng.standard_normal((2, shape[0], 1, 1))
    angle = rng.uniform(0, 2 * np.pi, (shape[0], 1, 1))
    y, x = (p / np.float32(p.max() + p.min()) * 2 - 1 for p in _positions(recipe, shape))
    return np.exp(gain + slope * (np.cos(angle) * x + np.sin(angle) * y)).astype(np.float32)


def _positions(recipe: DeadLeaves, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Rows (height s, 1) and columns (1, width s) of the samples, in pixels."""
    rows, columns = (
        ((np.arange(extent) + 0.5) / recipe.supersampling).astype(np.float32)
        for extent in shape[1:]
    )
    return rows[:, None], columns[None, :]


def _shrink(colour: np.ndarray, factor: int) -> np.ndarray:
    """Mean of factor x factor samples, clipped and rounded: uint8 (n, height, width, 3)."""
    n, height, width, channels = colour.shape
    blocks = colour.reshape(n, height // factor, factor, width // factor, factor, channels)
    return np.rint(np.clip(blocks, 0, 1).mean(axis=(2, 4)) * 255).astype(np.uint8)
