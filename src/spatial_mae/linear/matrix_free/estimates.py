"""Means over all targets from some, drawn without replacement, with their standard errors."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import entr, stdtrit

from spatial_mae.files import Row
from spatial_mae.linear.influence import half_width, normalised_weights

# An interval of 95 % ends at this quantile, and this many standard errors away.
QUANTILE, Z95 = 0.975, 1.96
POWERS = {1: ("", "mean_absolute"), 2: ("_square", "mean_square")}


@dataclass(frozen=True)
class Places:
    """Where coordinates are. shape: (height, width, channels). patch_index: (d,)."""

    shape: tuple[int, int, int]
    patch_index: np.ndarray

    def distances(self, target: int) -> np.ndarray:
        """From a coordinate to all, in pixels: (d,)."""
        height, width, channels = self.shape
        row, column = divmod(target // channels, width)
        y, x = np.arange(height)[:, None] - row, np.arange(width)[None, :] - column
        return np.repeat(np.hypot(y, x).ravel(), channels)

    def n_pairs(self) -> np.ndarray:
        """Pairs of coordinates at each distance, rounded to whole pixels."""
        height, width, channels = self.shape
        y, x = np.arange(1 - height, height), np.arange(1 - width, width)
        bins = np.rint(np.hypot(y[:, None], x[None, :])).astype(int)
        pairs = np.multiply.outer(height - np.abs(y), width - np.abs(x)) * channels**2
        return np.bincount(bins.ravel(), weights=pairs.ravel()).astype(np.int64)


@dataclass(frozen=True)
class Sampled:
    """What was measured on some targets.

    values: measure -> of each target, (q,); nan where nothing influences it. sums: power -> summed
    weight of each target at each distance, (q, bins). pairs: how many coordinates are there.
    """

    values: dict[str, np.ndarray]
    sums: dict[int, np.ndarray]
    pairs: np.ndarray


def measure_columns(W: np.ndarray, targets: np.ndarray, places: Places) -> Sampled:
    """The measures of `influence.measure` of each column, (d, q), of the targets (q,)."""
    n_bins = len(places.n_pairs())
    distances = [places.distances(target) for target in targets]
    bins = [np.rint(distance).astype(np.int64) for distance in distances]
    inside = places.patch_index[:, None] == places.patch_index[targets][None, :]
    values, sums = {}, {}
    for power, (suffix, _) in POWERS.items():
        weights = normalised_weights(W, power)
        seen = np.where(weights.any(axis=0), 1.0, np.nan)
        reach = [w @ distance for w, distance in zip(weights.T, distances, strict=True)]
        values["mean_distance" + suffix] = seen * np.array(reach)
        values["intra_patch_share" + suffix] = seen * (weights * inside).sum(axis=0)
        values["entropy" + suffix] = seen * entr(weights).sum(axis=0)
        columns = zip(bins, weights.T, strict=True)
        sums[power] = np.array([np.bincount(b, w, n_bins) for b, w in columns])
    return Sampled(values, sums, np.array([np.bincount(b, minlength=n_bins) for b in bins]))


def joined(parts: list[Sampled]) -> Sampled:
    """Targets of several parts, one after another."""
    first = parts[0]
    return Sampled(
        {name: np.concatenate([part.values[name] for part in parts]) for name in first.values},
        {power: np.concatenate([part.sums[power] for part in parts]) for power in first.sums},
        np.concatenate([part.pairs for part in parts]),
    )


def summary(found: Sampled, n_targets: int) -> Row:
    """Each measure and its standard error, `*_se`, as a mean over all `n_targets` targets."""
    row: Row = {}
    for name, values in found.values.items():
        known = values[np.isfinite(values)]
        row[name] = float(known.mean()) if len(known) else 0.0
        row[f"{name}_se"] = _of_mean(known, n_targets)
    for power, (suffix, _) in POWERS.items():
        name = f"half_width{suffix}"
        row[name], row[f"{name}_se"] = _half_width(found.sums[power], found.pairs, n_targets)
    return row


def profile(found: Sampled, places: Places) -> list[Row]:
    """Mean weight of a pair at each distance, with standard errors, where a target has pairs.

    An error is None where one target alone has pairs, unless all were measured: it has no spread.
    """
    n_pairs, n_targets = places.n_pairs(), len(places.patch_index)
    seen = np.count_nonzero(found.pairs, axis=0)
    known = (seen > 1) | (len(found.pairs) == n_targets)
    rows = [{"distance": b, "n_pairs": int(pairs)} for b, pairs in enumerate(n_pairs)]
    for power, (_, column) in POWERS.items():
        means, errors = ratio(found.sums[power], found.pairs, n_targets)
        for row, mean, error, sure in zip(rows, means, errors, known, strict=True):
            row |= {column: float(mean), f"{column}_se": float(error) if sure else None}
    kept = [row for row in rows if seen[row["distance"]]]
    order = ("distance", "mean_absolute", "mean_square", "n_pairs")
    return [{name: row[name] for name in dict.fromkeys((*order, *row))} for row in kept]


def ratio(
    numerators: np.ndarray, denominators: np.ndarray, n_targets: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sum over sum, (bins,) from (q, bins), and its standard error; 0 where nothing is divided."""
    total = denominators.sum(axis=0)
    value = np.divide(numerators.sum(axis=0), total, out=np.zeros(len(total)), where=total > 0)
    q = len(numerators)
    residual = numerators - value * denominators
    spread = residual.var(axis=0, ddof=1) if q > 1 else np.full(len(total), np.nan)
    error = np.sqrt(_left(q, n_targets) * q * spread)
    return value, np.divide(error, total, out=np.zeros(len(total)), where=total > 0)


def _of_mean(values: np.ndarray, n_targets: int) -> float | None:
    """None for a single value: it has no spread."""
    q = len(values)
    if q < 2:
        return 0.0 if q == n_targets else None
    return float(np.sqrt(_left(q, n_targets) * values.var(ddof=1) / q))


def _left(q: int, n_targets: int) -> float:
    """The share of targets that were not drawn: with all of them nothing is left to chance."""
    return 1.0 - q / n_targets


def _half_width(
    sums: np.ndarray, pairs: np.ndarray, n_targets: int
) -> tuple[float | None, float | None]:
    """The half width of the mean profile, and half its interval as an error, by Fieller's theorem.

    Where a profile is flat near half of its value at 0, a small error moves the width far: there is
    no standard error in the usual sense. The interval holds the distances that the sample does not
    exclude: from the first where the profile is within t standard errors of that half, to where it
    is farther below for the first time, or the longest distance. The error is the distance to the
    farther end over 1.96: the width and 1.96 errors on either side hold the interval. Both are None
    for a profile without a half width.
    """
    q = len(sums)
    mean, _ = ratio(sums, pairs, n_targets)
    width = half_width(mean.tolist())
    if width is None:
        return None, None
    if q < 2 or q == n_targets:
        return width, 0.0 if q == n_targets else None
    gap, parts = _above_half(sums, pairs, n_targets)
    low = _first_fall(gap, parts, -1, len(gap) - 1)
    high = _first_fall(gap, parts, 1, len(mean) - 1)
    return width, max(width - low, high - width) / Z95


def _above_half(
    sums: np.ndarray, pairs: np.ndarray, n_targets: int
) -> tuple[np.ndarray, np.ndarray]:
    """The mean profile less half its value at 0, (bins,), and parts of its error, (q, bins).

    The root of the sum of a column's squares is t standard errors: half a 95 % interval. Only up to
    the first distance at which fewer than two targets have pairs: no spread is known from there on.
    """
    seen = np.count_nonzero(pairs, axis=0)
    known = int(np.argmin(np.append(seen, 0) > 1))
    sums, pairs, total = sums[:, :known], pairs[:, :known], pairs[:, :known].sum(axis=0)
    mean = sums.sum(axis=0) / total
    parts = (sums - mean * pairs) / total
    q = len(sums)
    reach = stdtrit(seen[:known] - 1, QUANTILE) * np.sqrt(_left(q, n_targets) * q / (q - 1))
    return mean - mean[0] / 2, reach * (parts - parts[:, :1] / 2)


def _first_fall(gap: np.ndarray, parts: np.ndarray, side: int, otherwise: float) -> float:
    """Distance at which the gap, and its reach on one side (1 or -1), have first fallen to 0.

    Gap and parts are linear between whole pixels, as in `half_width`.
    """

    def bound(distance: float) -> float:
        start = min(int(distance), len(gap) - 2)
        shares = np.array([start + 1 - distance, distance - start])
        near = slice(start, start + 2)
        return float(gap[near] @ shares + side * np.linalg.norm(parts[:, near] @ shares))

    for distance in range(1, len(gap)):
        if bound(distance) <= 0:
            before = distance - 1
            return brentq(bound, before, distance) if bound(before) > 0 else float(before)
    return float(otherwise)
