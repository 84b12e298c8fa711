"""A first look at the images: what can be tried on them, and what may mislead."""

from collections.abc import Mapping

import numpy as np

from spatial_mae.advise.candidates import admits, drawn_mask, feasible, undrawable
from spatial_mae.advise.closed_form import linear_errors
from spatial_mae.advise.rungs import LEAST_PER_CLASS, objective, signed
from spatial_mae.data.held_out import hold_out
from spatial_mae.data.store import Dataset
from spatial_mae.study.counts import n_held_out

LOOKED_AT = 2000  # images
SHOWN = 12
THUMBNAIL = 8  # pixels a side
SAME = 2.5  # grey levels, root mean square, between thumbnails of near-duplicates
FLAT = 4.0  # grey levels: thumbnails of less contrast are alike without being the same
BLOCK = 8  # pixels of JPEG
VISIBLE_GRID = 1.02  # ratio of steps across it to steps next to it
SURE = 4  # standard errors over images
GENERATED = "generated"  # so `pixels` of images begin that were never a JPEG file
REFERENCES = {"handwritten digits": 2.1, "CIFAR-10": 9.8, "generated dead leaves": 16.0}
"""Correlation lengths in pixels of images of 32 x 32, by `correlation_length`: 16 is its most."""


def look(dataset: Dataset, block: Mapping, held_out: float, seed: int) -> dict:
    """The content of look.json: what is tried, by which measure, and what the images are like.

    block: the config's `advise`. Raises ValueError if no patch size suits the images, or labels are
    asked for that say nothing.
    """
    manifest = dataset.manifest
    height, width = manifest["height"], manifest["width"]
    common = block["common_mask"]
    drawn = drawn_mask(block["drawn"])
    tried = [*block["masks"], *([drawn] if drawn else [])]
    masks, dropped = feasible(height, width, block["patches"], tried, common)
    dropped += undrawable(height, width, masks, block["drawn"])
    n_classes, n_sorted, n_labels = labels_of(manifest)
    halved = n_held_out(manifest["n_train"], held_out) > 1 and all(
        height % (2 * patch) == width % (2 * patch) == 0 for patch in masks
    )
    patch, mask = block["default"]
    default = {"patch": int(patch), "mask": mask}
    default["feasible"] = patch == int(patch) and admits(height, width, int(patch), mask)
    linear = linear_errors(dataset, masks, common, held_out, seed)
    pixels = sample(dataset, LOOKED_AT, seed)
    blockiness, is_grid = jpeg_grid(pixels)
    return signed(
        {
            "rung": "look",
            "objective": objective(block["objective"], n_labels, n_classes, halved),
            "labelled": bool(n_labels),
            "n_labels": n_labels,
            "n_sorted": n_sorted,
            "n_classes": n_classes,
            "n_train": manifest["n_train"],
            "n_test": manifest["n_test"],
            "height": height,
            "width": width,
            "channels": manifest["channels"],
            "pixels": manifest["pixels"],
            "common_mask": common,
            "drawn": drawn and {"mask": drawn, "range": list(block["drawn"])},
            "masks": {str(p): found for p, found in masks.items()},
            "kept": [{"patch": p, "mask": common, "why": "tiles the images"} for p in masks],
            "dropped": dropped,
            "default": default,
            "correlation_length": correlation_length(pixels),
            "references": REFERENCES,
            "blockiness": blockiness,
            "jpeg_grid": is_grid and not manifest["pixels"].startswith(GENERATED),
            "duplicates": duplicates(dataset, held_out, seed),
            "mean_image_share": mean_image_share(pixels),
            "linear_errors": [{"patch": p, "mask": m, "error": e} for (p, m), e in linear.items()],
            "warnings": manifest["warnings"],
        }
    )


def labels_of(manifest: Mapping) -> tuple[int, int, int]:
    """Classes with training images, such images, and those that a probe can learn: all or 0."""
    counts = (manifest["class_counts"] or {}).get("train", [])
    present = [n for n in counts if n]
    learnable = len(present) > 1 and sum(present) >= LEAST_PER_CLASS * len(present)
    return len(present), sum(present), sum(present) if learnable else 0


def sample(dataset: Dataset, n: int, seed: int) -> np.ndarray:
    """Training images drawn at random: uint8 (at most n, height, width, channels)."""
    images = dataset.images("train")
    rows = np.random.default_rng(seed).permutation(len(images))[:n]
    return np.asarray(images[np.sort(rows)])


def correlation_length(pixels: np.ndarray) -> float:
    """Pixels at which the correlation of two pixels of a row or column falls to 1/e.

    pixels: (n, height, width, channels). The mean image is removed. Where the correlation stays
    above, half of the shorter side is returned; 0 for images without variance.
    """
    grey = pixels.astype(np.float64).mean(axis=3)
    grey -= grey.mean(axis=0)
    variance = np.square(grey).mean()
    most = max(1, min(grey.shape[1:]) // 2)
    if variance == 0:
        return 0.0
    before = 1.0
    for d in range(1, most + 1):
        pairs = [grey[:, d:] * grey[:, :-d], grey[:, :, d:] * grey[:, :, :-d]]
        pairs = [pair.mean() for pair in pairs if pair.size]
        now = float(np.mean(pairs) / variance) if pairs else 0.0
        if now <= 1 / np.e:
            return round(d - 1 + (before - 1 / np.e) / (before - now), 2)
        before = now
    return float(most)


def jpeg_grid(pixels: np.ndarray) -> tuple[float, bool]:
    """Steps across borders of 8-pixel blocks over steps one pixel next to them; if it is a grid.

    pixels: (n, height, width, channels). 1 for images without the grid, or too small for one. It
    is a grid if the ratio is large and images agree on it.
    """
    grey = pixels.astype(np.float64).mean(axis=3)
    across, nearby = np.zeros(len(grey)), np.zeros(len(grey))
    for axis in (1, 2):
        steps = np.abs(np.diff(grey, axis=axis)).mean(axis=3 - axis)
        borders = np.arange(BLOCK - 1, steps.shape[1] - 1, BLOCK)
        across += steps[:, borders].sum(axis=1)
        nearby += (steps[:, borders - 1] + steps[:, borders + 1]).sum(axis=1) / 2
    if not nearby.sum():
        return 1.0, False
    more = across - nearby
    error = more.std() / np.sqrt(len(more))
    ratio = float(across.sum() / nearby.sum())
    return round(ratio, 3), bool(ratio > VISIBLE_GRID and more.mean() > SURE * error)


def duplicates(dataset: Dataset, held_out: float, seed: int) -> float:
    """Share of held-out images with a near-duplicate among the other training images.

    Grey thumbnails of 8 x 8 pixels are compared, of at most 2,000 held-out images; flat ones, which
    are alike without being the same, do not count.
    """
    parts = hold_out(dataset, held_out)
    thumbs = {}
    for split, most in (("test", LOOKED_AT), ("train", 20 * LOOKED_AT)):
        file, rows = parts.rows(split)
        rows = np.sort(np.random.default_rng(seed).permutation(rows)[:most])
        thumbs[split] = thumbnails(dataset.images(file)[rows])
    held, others = (t[t.std(axis=1) > FLAT] for t in (thumbs["test"], thumbs["train"]))
    if not len(held) or not len(others):
        return 0.0
    return sum(int(_near(part, others).sum()) for part in _chunks(held)) / len(thumbs["test"])


def _near(held: np.ndarray, others: np.ndarray) -> np.ndarray:
    squares = np.square(held).sum(1)[:, None] + np.square(others).sum(1) - 2 * held @ others.T
    return squares.min(axis=1) < SAME**2 * held.shape[1]


def _chunks(rows: np.ndarray, size: int = 250) -> list[np.ndarray]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def thumbnails(images: np.ndarray) -> np.ndarray:
    """Grey means of about 8 x 8 areas: float64 (n, areas); images (n, height, width, channels)."""
    grey = images.mean(axis=3)
    for axis in (1, 2):
        side = grey.shape[axis]
        starts = np.unique(np.linspace(0, side, min(THUMBNAIL, side), endpoint=False).astype(int))
        sizes = np.diff([*starts, side])
        shape = [1, 1, 1]
        shape[axis] = len(sizes)
        grey = np.add.reduceat(grey, starts, axis=axis) / sizes.reshape(shape)
    return grey.reshape(len(grey), -1)


def mean_image_share(pixels: np.ndarray) -> float:
    """Variance about the mean image over the variance about each channel's mean.

    By it the closed form's error, relative to the first, is compared with a network's, relative to
    the second.
    """
    values = pixels.astype(np.float64)
    whole = values.var(axis=(0, 1, 2))
    within = values.var(axis=0).mean(axis=(0, 1))
    return float(np.mean(within[whole > 0] / whole[whole > 0])) if whole.any() else 1.0
