"""How far influence reaches: |W| and W^2 against the distance of input and target pixel.

W = A B of shape (d, d), row = input coordinate i, column = target coordinate j. Weights are |W_ij|
or W_ij^2, divided by their sum over i, so that each target has total weight 1 (Bisulco et al. 2025,
Figs. 5 and 6). Distances are Euclidean, in pixels; the channels of a pixel are at distance 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import entr

from spatial_mae.files import Row
from spatial_mae.linear.blocks import block_coordinates
from spatial_mae.masks.patches import pixel_coordinates


@dataclass(frozen=True)
class Geometry:
    """distance: of coordinates, (d, d). bins: the same, rounded, (d * d,). patch_index: (d,)."""

    distance: np.ndarray
    bins: np.ndarray
    n_pairs: np.ndarray
    patch_index: np.ndarray


def geometry(height: int, width: int, channels: int, patch_index: np.ndarray) -> Geometry:
    """Distances of all pairs of coordinates of a (height, width, channels) image."""
    place = pixel_coordinates(height, width, channels).astype(np.float64)
    steps = place[:, None, :] - place[None, :, :]
    distance = np.hypot(steps[..., 0], steps[..., 1])
    bins = np.rint(distance).astype(np.int32).ravel()
    return Geometry(distance, bins, np.bincount(bins), patch_index)


def normalised_weights(W: np.ndarray, power: int) -> np.ndarray:
    """|W|^power with columns that sum to 1 (or 0, where nothing influences a target): (d, d)."""
    weights = np.abs(W) if power == 1 else np.abs(W) ** power
    sums = weights.sum(axis=0)
    return np.divide(weights, sums, out=weights, where=sums > 0)


def measure(W: np.ndarray, places: Geometry) -> tuple[Row, list[Row]]:
    """Measures of one W, and its profile by distance, for |W| and for W^2 (columns `*_square`).

    Measures: mean distance (pixels), share of a target's weight that is in its own patch, entropy
    of the weights over inputs (nats; Bisulco et al. 2025, Eq. 11), each averaged over targets;
    half width of the profile's main lobe (pixels), None where there is none.
    Profile: mean weight of a pair at each distance, rounded to whole pixels, and the number of
    pairs; the sum of mean times number is the number of targets.
    """
    measures: Row = {}
    profile: list[Row] = [
        {"distance": distance, "mean_absolute": 0.0, "mean_square": 0.0, "n_pairs": int(pairs)}
        for distance, pairs in enumerate(places.n_pairs)
    ]
    for power, suffix, column in ((1, "", "mean_absolute"), (2, "_square", "mean_square")):
        weights = normalised_weights(W, power)
        measures |= {name + suffix: value for name, value in _reach(weights, places).items()}
        sums = np.bincount(places.bins, weights=weights.ravel())
        for row in profile:
            row[column] = float(sums[row["distance"]] / max(row["n_pairs"], 1))
        measures[f"half_width{suffix}"] = half_width([row[column] for row in profile])
    return measures, [row for row in profile if row["n_pairs"]]


def half_width(profile: Sequence[float]) -> float | None:
    """Distance at which a profile first falls to half of its value at 0, between whole pixels.

    profile: value at 0, 1, 2, ... pixels. The longest distance where it never does. None where it
    is 0 at 0, as under a loss on hidden patches only: it has no lobe there.
    """
    if profile[0] == 0:
        return None
    half = profile[0] / 2
    for distance, (before, after) in enumerate(pairwise(profile)):
        if after <= half:
            return distance + (before - half) / (before - after) if before > after else distance
    return float(len(profile) - 1)


def _reach(weights: np.ndarray, places: Geometry) -> Row:
    """Averages over the targets that anything influences."""
    targets = np.count_nonzero(weights.any(axis=0)) or 1
    inside = sum(
        weights[np.ix_(rows, rows)].sum() for rows in block_coordinates(places.patch_index)
    )
    return {
        "mean_distance": float(np.vdot(weights, places.distance) / targets),
        "intra_patch_share": float(inside / targets),
        "entropy": float(entr(weights).sum() / targets),
    }
