"""A measure for infinitely many images, from disjoint subsets of images of several sizes.

Rows are of one model: a number per subset, with the size of the subset (`n_images`), its number
among those of its size (`subset`), the estimate (`plain`, or `corrected` for the noise of W), and
whether the model has all latents (`full_rank`). The subsets of a size are halves of those of the
next, so that every size uses the same images: the mean over the subsets of a size changes with the
size by its bias alone.

The bias that is left in `corrected` is extrapolated in 1/n, the law of a smooth function of the
moments, and in n^(-1/2), the law of |W_ij| where noise exceeds W_ij: the true law is between them.
Where W is of low rank, noise also turns its subspace, about which `plain` and `corrected` err in
opposite directions, and `plain` is extrapolated as well. The limit is the middle of the span of
these two or four extrapolations; half the span is the misfit. With all latents, measures of |W| get
a quarter of the correction in addition, since it is exact for W^2 alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from spatial_mae.tables.rows import Rows, by, pick

# 97.5 % quantiles of Student's t for 2^h - 1 degrees of freedom.
QUANTILES = {1: 12.706, 3: 3.182, 7: 2.365, 15: 2.131, 31: 2.040, 63: 1.998}
PLACE = ("estimate", "n_images", "subset")
LAWS = {"1/n": 1.0, "n^(-1/2)": 0.5}
ESTIMATES = ("corrected", "plain")
# The correction of |W| is exact if W is normal among alike pairs. With heavier tails (Laplace),
# half of the excess is left where there is little noise, a fifth where noise equals W.
SQUARED, DOUBT = "_square", 0.25


@dataclass(frozen=True)
class Limit:
    """A measure at n = infinity.

    standard_error: of sampling, from the spread between disjoint subsets. misfit: half the span of
    the limits that the laws of the bias give, and what the correction may have left. low, high: an
    interval of 95 %: t standard errors beyond the misfit on either side. at_largest_n: the plain
    measure of all images.
    """

    value: float
    standard_error: float
    misfit: float
    low: float
    high: float
    at_largest_n: float


def limit(rows: Rows, column: str) -> Limit:
    """The limit of a column of one model's subset rows.

    Raises ValueError with fewer than three sizes, or a size whose subsets are not all there.
    """
    found = {name: _sizes(pick(rows, estimate=name), column) for name in ESTIMATES}
    used = ESTIMATES[:1] if _full_rank(rows) else ESTIMATES
    ends = sorted((_Extrapolation.of(found[name], law) for name in used for law in LAWS), key=_at)
    value, misfit = (ends[0].value + ends[-1].value) / 2, (ends[-1].value - ends[0].value) / 2
    if used == ESTIMATES[:1] and not column.endswith(SQUARED):
        whole, noisy = (list(found[name].values())[-1] for name in ESTIMATES)
        misfit += DOUBT * abs(float(np.mean(whole) - np.mean(noisy)))
    error = max(ends[0].error, ends[-1].error)
    most = max(len(values) for values in found["corrected"].values())
    reach = misfit + QUANTILES[most - 1] * error
    largest = float(np.mean(list(found["plain"].values())[-1]))
    return Limit(value, error, misfit, value - reach, value + reach, largest)


def difference(ours: Rows, theirs: Rows, column: str) -> Limit:
    """The limit of ours minus theirs, paired by subset: what both share of the noise cancels.

    Raises ValueError as `limit`, and if one of the two has a subset that the other lacks.
    """
    others = {tuple(row[key] for key in PLACE): row for row in theirs}
    places = [tuple(row[key] for key in PLACE) for row in ours]
    if set(places) != set(others):
        raise ValueError(
            f"{column}: the models to compare have other subsets ({len(ours)} and {len(theirs)} "
            "rows); they need the same data set, number of images, halvings and seed"
        )
    pairs = zip(ours, places, strict=True)
    return limit([row | {column: row[column] - others[p][column]} for row, p in pairs], column)


def size_means(rows: Rows, column: str, estimate: str) -> dict[int, float]:
    """Size -> the mean of a column over the subsets of that size; sizes ascend."""
    found = _sizes(pick(rows, estimate=estimate), column)
    return {size: float(np.mean(values)) for size, values in found.items()}


def law_curve(
    rows: Rows, column: str, law: str, inverse_sizes: Sequence[float]
) -> dict[float, float]:
    """1/n -> what the fit of one of `LAWS` to the corrected means gives there."""
    means = size_means(rows, column, "corrected")
    sizes, values = np.array(list(means), float), np.array(list(means.values()))
    at_zero = float(extrapolation(sizes, LAWS[law]) @ values)
    x, roots = sizes ** -LAWS[law], np.sqrt(sizes)
    slope = float(np.linalg.lstsq((x * roots)[:, None], (values - at_zero) * roots)[0][0])
    return {one: at_zero + slope * one ** LAWS[law] for one in inverse_sizes}


def extrapolation(sizes: np.ndarray, power: float) -> np.ndarray:
    """What to weight means at several n with: a least squares fit of a + b n^-power gives a.

    Each mean counts in proportion to its n: the law fits best where n is large.
    """
    roots = np.sqrt(sizes / sizes.max())
    terms = np.stack([np.ones_like(sizes), (sizes.max() / sizes) ** power], axis=1)
    return np.linalg.pinv(terms * roots[:, None])[0] * roots


def _sizes(rows: Rows, column: str) -> dict[int, list[float]]:
    """Size -> the column in its subsets, in their order; sizes ascend."""
    found = {
        size: [row[column] for row in sorted(group, key=lambda row: row["subset"])]
        for size, group in by(rows, "n_images").items()
    }
    counts = [len(values) for values in found.values()]
    if len(counts) < 3 or any(a != 2 * b for a, b in zip(counts, counts[1:], strict=False)):
        raise ValueError(
            f"{column}: subsets of {list(found)} images, {counts} of them: expected at least three "
            "sizes, each with half as many subsets as the one before"
        )
    return found


@dataclass(frozen=True)
class _Extrapolation:
    """A limit by one law, and its error of sampling."""

    value: float
    error: float

    @classmethod
    def of(cls, found: Mapping[int, Sequence[float]], law: str) -> "_Extrapolation":
        weights = extrapolation(np.array(list(found), float), LAWS[law])
        means = [float(np.mean(values)) for values in found.values()]
        return cls(float(weights @ means), _sampling_error(list(found.values()), weights))


def _at(end: _Extrapolation) -> float:
    return end.value


def _full_rank(rows: Rows) -> bool:
    return all(row["full_rank"] in (True, "yes") for row in rows)


def _sampling_error(found: Sequence[Sequence[float]], weights: np.ndarray) -> float:
    """Of the weighted mean over sizes: of what all sizes share, and of the changes between them.

    What they share is the noise that is linear in the moments, as in the mean over the subsets of
    any size; of the sizes with four subsets or more the largest error counts, since the correction
    also shrinks the spread where n is small. The change from a subset's halves to itself is known
    several times at the smallest sizes, where it is noisiest; its error there is taken for all.
    """
    shared = max(_error(values) for values in found[: max(len(found) - 2, 1)])
    halves, wholes = np.array(found[0]).reshape(-1, 2), np.array(found[1])
    change = _error(halves.mean(axis=1) - wholes)
    counted = np.cumsum(weights)[:-1]  # the weight of each change from one size to the next
    return float(np.hypot(shared, change * np.sqrt(np.sum(counted**2))))


def _error(values: Sequence[float]) -> float:
    n = len(values)
    return float(np.std(values, ddof=1) / sqrt(n)) if n > 1 else inf
