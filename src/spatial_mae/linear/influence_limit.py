"""How far influence reaches for infinitely many images: measures in subsets, and their limits.

The error of W widens |W|: its mean distance and entropy are too large for every n, its share inside
the own patch too small, and that bias shrinks slowly. It is reduced twice. The noise of W among
pairs that are alike (`pair_classes`) is known from the W of the two halves of the images:
`corrected` measures are of W times the root of its reliability there. What is left is extrapolated
over the sizes of disjoint subsets, see `tables.limits`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Annotated

import numpy as np

from spatial_mae.files import Row
from spatial_mae.linear.blocks import block_coordinates
from spatial_mae.linear.comparison import influences
from spatial_mae.linear.held_out import solved
from spatial_mae.linear.influence import Geometry, geometry, measure
from spatial_mae.linear.moments import PixelMoments
from spatial_mae.linear.recipe import LinearRecipe
from spatial_mae.linear.store import RunSettings
from spatial_mae.linear.subsets import merged
from spatial_mae.masks.patches import patch_index, pixel_coordinates, same_patch
from spatial_mae.study.keys import Length, NotNegative, Part, Range
from spatial_mae.tables.limits import difference, limit
from spatial_mae.tables.rows import groups

# Coordinates as far from their patch's border as this, less one, or farther, are alike.
DEEPEST = 4
MODEL = ("model", "mask_ratio", "noise_deviation", "n_latents", "sampling")
SPREADS = ("mean_distance", "intra_patch_share", "entropy")
# The half width of W^2 is left out: the correction bends its profile more than the bias does.
MEASURES = (*SPREADS, "half_width", *(f"{name}_square" for name in SPREADS))


@dataclass(frozen=True)
class InfluenceLimitRecipe(LinearRecipe):
    """Models whose influence is extrapolated to infinitely many images, and from which subsets."""

    halvings: Annotated[int, Range(least=3, most=7)] = 4
    """How often the images are halved: 4 makes 16 disjoint subsets, and measures of 1, 2, 4 and 8
    subsets that are twice as large or more."""
    held_out: Part = 0.1
    """Share of the training images that is in no subset; the ridge is chosen on it."""
    ridges: Annotated[tuple[NotNegative, ...], Length(1)] = (0.0, 0.00001, 0.0001, 0.001, 0.01)
    """Ridges to choose from by the masked loss of the images held out, as shares of the moments'
    mean diagonal; those at which the moments are singular are left out. Subsets of n of N images
    have N / n times the chosen one, so that there is none in the limit."""


def check_sizes(subsets: Sequence[PixelMoments]) -> None:
    """ValueError unless the smallest subsets have more images than W has coordinates."""
    n, size = subsets[0].n, len(subsets[0].total)
    if n <= size:
        raise ValueError(
            f"the smallest of {len(subsets)} subsets have {n} images, but more than the {size} "
            "coordinates of an image are needed; use fewer halvings, more or smaller images"
        )


def subset_rows(
    subsets: Sequence[PixelMoments], settings: RunSettings, recipe: LinearRecipe
) -> list[Row]:
    """Measures of every model in the subsets of each size but the smallest, plain and corrected.

    subsets: moments of the smallest ones, a power of two of equal size. settings.ridge: the one for
    all images together. Raises ValueError as `check_sizes` and `solve_run`.
    """
    check_sizes(subsets)
    levels = [list(subsets)]
    while len(levels[-1]) > 1:
        levels.append(merged(levels[-1]))
    whole = levels[-1][0]
    shape = (whole.height, whole.width, whole.channels)
    index = patch_index(whole.height, whole.width, settings.patch_size, whole.channels)
    places = geometry(*shape, index)
    classes = pair_classes(places, pixel_coordinates(*shape), whole.channels)
    tree = _Tree(levels, settings, recipe, places, classes)
    tree.visit(len(levels) - 1, 0)
    order = {row: number for number, row in enumerate(groups(tree.rows, *MODEL))}
    return sorted(tree.rows, key=lambda row: order[tuple(row[key] for key in MODEL)])


@dataclass(frozen=True)
class _Tree:
    """Subsets by level, from the smallest, each with the models solved from it.

    classes: of each pair of coordinates, (d * d,), what shares its reliability.
    """

    levels: list[list[PixelMoments]]
    settings: RunSettings
    recipe: LinearRecipe
    places: Geometry
    classes: np.ndarray
    rows: list[Row] = field(default_factory=list)

    def visit(self, level: int, number: int) -> list[np.ndarray]:
        """The W of each model of a subset; adds the rows of it and of what it consists of.

        Depth first: of each level the models of at most two subsets exist at a time.
        """
        halves = [self.visit(level - 1, 2 * number + half) for half in (0, 1)] if level else []
        found = self._solve(level, number)
        for place, (model, W) in enumerate(found if halves else ()):
            noise = [half[place] for half in halves]
            for estimate, used in (
                ("plain", W),
                ("corrected", W * reliability_root(*noise, self.classes)),
            ):
                self.rows.append(
                    model
                    | {"estimate": estimate, "full_rank": model["n_latents"] == len(W)}
                    | {"n_images": self.levels[level][number].n, "subset": number}
                    | measure(used, self.places)[0]
                )
        return [W for _, W in found]

    def _solve(self, level: int, number: int) -> list[tuple[Row, np.ndarray]]:
        moments = self.levels[level][number]
        ridge = self.settings.ridge * self.levels[-1][0].n / moments.n
        run = solved(moments, replace(self.settings, ridge=ridge))
        return list(influences(run, self.recipe))


def reliability_root(first: np.ndarray, second: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """What to multiply W (d, d) with, given the W of the two halves of its images.

    The root of signal / (signal + noise), squares summed over each class of pairs: signal, the
    products of the halves' W, whose errors are independent; noise, a quarter of their squared
    differences, as all images have half the noise of one half. 0 where there is no signal.
    """
    signal = np.maximum(np.bincount(classes, weights=(first * second).ravel()), 0.0)
    noise = np.bincount(classes, weights=((first - second) ** 2).ravel()) / 4
    total = signal + noise
    share = np.divide(signal, total, out=np.zeros_like(total), where=total > 0)
    return np.sqrt(share)[classes].reshape(first.shape)


def pair_classes(places: Geometry, coordinates: np.ndarray, channels: int = 1) -> np.ndarray:
    """What pairs of coordinates are alike in: a number from 0 for each, (d * d,).

    Their rounded distance, whether a patch holds both, how far inside its own patch each is (what
    is visible next to a hidden patch has most influence), and whether both are of one channel:
    influence between channels is much smaller, so that noise is a larger share of it.

    coordinates: (row, column) of each, (d, 2), as of `masks.patches.pixel_coordinates`: the
    channels of a pixel follow one another.
    """
    depth = _depth_in_patch(coordinates, places.patch_index)
    channel = np.arange(len(coordinates)) % channels
    codes = 2 * places.bins + same_patch(places.patch_index).ravel()
    codes = 2 * codes + (channel[:, None] == channel).ravel()
    inside = DEEPEST * depth[:, None] + depth[None, :]
    return np.unique(codes * DEEPEST**2 + inside.ravel(), return_inverse=True)[1]


def _depth_in_patch(coordinates: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Pixels between each coordinate and the border of its patch, below DEEPEST: (d,)."""
    depth = np.full(len(index), DEEPEST - 1)
    for rows in block_coordinates(index):
        place = coordinates[rows]
        inner = np.minimum(place - place.min(axis=0), place.max(axis=0) - place).min(axis=1)
        depth[rows] = np.minimum(inner, DEEPEST - 1)
    return depth


def limit_rows(rows: Sequence[Row]) -> list[Row]:
    """The limit of every measure of every model, and of its difference from each one before.

    `against` names the model that is subtracted, of as many latents; it is empty for the measure
    itself. A measure that a model does not have, as the half width under a loss on hidden patches
    only, has no limit.
    """
    models = list(groups(rows, *MODEL).values())
    pairs = [(ours, []) for ours in models]
    pairs += [(b, a) for a, b in combinations(models, 2) if _comparable(a[0], b[0])]
    return [
        _limit_row(*pair, measure)
        for pair in pairs
        for measure in MEASURES
        if all(row[measure] is not None for rows in pair for row in rows)
    ]


def _comparable(first: Row, second: Row) -> bool:
    """Whether two models have as many latents, and masks of one law where both have masks."""
    laws = {first["sampling"], second["sampling"]} - {None}
    return first["n_latents"] == second["n_latents"] and len(laws) < 2


def _limit_row(ours: Sequence[Row], theirs: Sequence[Row], measure: str) -> Row:
    found = difference(ours, theirs, measure) if theirs else limit(ours, measure)
    return {
        **{key: ours[0][key] for key in MODEL},
        "measure": measure,
        "against": _name(theirs[0]) if theirs else None,
        "value": found.value,
        "standard_error": found.standard_error,
        "misfit": found.misfit,
        "interval_low": found.low,
        "interval_high": found.high,
        "at_largest_n": found.at_largest_n,
        "n_images": max(row["n_images"] for row in ours),
    }


def _name(row: Row) -> str:
    """`AE`, `DAE 0.2` (the noise's deviation) or `MAE 0.75` (the mask ratio)."""
    setting = row["noise_deviation"] if row["model"] == "dae" else row["mask_ratio"]
    return row["model"].upper() + (f" {setting:g}" if row["model"] != "ae" else "")
