"""Level and spatial scale of the same exact solution on a Gaussian tree, as a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from spatial_mae.files import Row
from spatial_mae.hierarchy.gaussian_masks import conditional_r_squared
from spatial_mae.hierarchy.gaussian_reach import check_dimensions, reach
from spatial_mae.hierarchy.gaussian_tree import (
    GaussianTree,
    code_weights,
    count_features,
    explained,
    mean_level,
    shared_weights,
)
from spatial_mae.hierarchy.masks import MaskLaw
from spatial_mae.linear.visibility import Visibility, visibility
from spatial_mae.masks.laws import Law
from spatial_mae.study.keys import Count, Length, Natural, Part, Positives
from spatial_mae.study.recipes import Checked

MOST_DENSE = 1024
"""Pixels for which masks are drawn; closed forms have no such limit."""


@dataclass(frozen=True, kw_only=True)
class GaussianTreeRecipe(Checked):
    """Linear MAEs on a tree of Gaussian latents, in closed form."""

    variance_ratios: Positives
    """Variance of a latent over that of a latent one level below: 1 is scale invariant."""
    unit_levels: Annotated[tuple[Natural, ...], Length(1)]
    """Level of the latent whose leaves make a mask unit; 0 masks leaf by leaf."""
    mask_ratios: Annotated[tuple[Part, ...], Length(1)]
    """Shares of the mask units hidden."""
    n_latents: Annotated[tuple[Count, ...], Length(1)]
    """Features k of the linear MAE."""
    laws: Annotated[tuple[Law, ...], Length(1)] = ("bernoulli",)
    """Mask laws; exact hides a whole number of units, so each ratio must give one."""
    n_masks: Natural = 0
    """Masks drawn for the best predictor of each mask; all are used if there are no more. 0: none.
    For trees of up to 1,024 pixels."""


@dataclass(frozen=True)
class _Setting:
    tree: GaussianTree
    dimensions: int
    unit_level: int
    law: str
    mask_ratio: float

    @property
    def n_units(self) -> int:
        return self.tree.n_units(self.unit_level)

    @property
    def seen(self) -> Visibility:
        return visibility(self.mask_ratio, self.n_units, self.law)

    @property
    def effective_hidden(self) -> float:
        """e of the loss on hidden patches: that another unit is hidden, if the target's is."""
        if self.law == "bernoulli":
            return self.mask_ratio
        n_hidden = round(self.mask_ratio * self.n_units)
        return (n_hidden - 1) / (self.n_units - 2) if self.n_units > 2 else 0.0


def gaussian_rows(
    recipe: GaussianTreeRecipe,
    dimensions: int,
    arity: int,
    depth: int,
    rng: np.random.Generator,
) -> list[Row]:
    """One row for each variance ratio, law, unit, mask ratio, source, input, metric and level.

    Sources: `code`, the k features of the linear MAE; `shared`, the full-rank linear predictor of
    hidden patches; `conditional`, the best predictor for each mask. input: `whole` images, or
    `masked` by the law. Metrics: `r_squared` of the latents of a level, `features` of a level
    (k_j), and of `all` levels `mean_level`, `mean_distance` and `intra_patch_share` (of W, under
    `whole`). The conditional predictor has a standard error over drawn masks.

    Parameters: dimensions, 1 for leaves in a row or 2 for an image under a quad-tree.
    Raises ValueError, before any work, for a tree, law, unit, mask ratio or k that cannot be.
    """
    check_dimensions(dimensions, arity)
    trees = {r: GaussianTree.geometric(arity, depth, r) for r in recipe.variance_ratios}
    settings = [
        (ratio, _Setting(one, dimensions, level, law, mask_ratio))
        for ratio, one in trees.items()
        for law in recipe.laws
        for level in recipe.unit_levels
        for mask_ratio in recipe.mask_ratios
    ]
    for _, setting in settings:
        _check(setting, recipe)
    return [
        {
            "variance_ratio": ratio,
            "law": setting.law,
            "unit_level": setting.unit_level,
            "mask_ratio": setting.mask_ratio,
            **row,
        }
        for ratio, setting in settings
        for row in _measured(setting, recipe, rng)
    ]


def _check(setting: _Setting, recipe: GaussianTreeRecipe) -> None:
    n_pixels = setting.tree.n_pixels
    n_hidden = setting.mask_ratio * setting.n_units  # also refuses a unit that does not fit
    if setting.law == "exact" and not 1 <= round(n_hidden) < setting.n_units:
        raise ValueError(
            f"mask ratio {setting.mask_ratio} of {setting.n_units} units hides none or all of "
            "them; exact masks need one hidden and one visible: change mask_ratios or unit_levels"
        )
    visibility(setting.mask_ratio, setting.n_units, setting.law)  # refuses a count not whole
    if max(recipe.n_latents) > n_pixels:
        raise ValueError(
            f"n_latents {max(recipe.n_latents)}: the tree has {n_pixels} pixels; use at most that"
        )
    if recipe.n_masks and n_pixels > MOST_DENSE:
        raise ValueError(
            f"n_masks {recipe.n_masks}: masks are drawn for up to {MOST_DENSE} pixels, the tree "
            f"has {n_pixels}; set n_masks to 0 or take a smaller tree"
        )


def _measured(
    setting: _Setting, recipe: GaussianTreeRecipe, rng: np.random.Generator
) -> Iterator[Row]:
    for k in recipe.n_latents:
        yield from _of_code(setting, k)
    yield from _of_shared(setting)
    if recipe.n_masks:
        yield from _of_masks(setting, recipe.n_masks, rng)


def _of_code(setting: _Setting, k: int) -> Iterator[Row]:
    one, unit, seen = setting.tree, setting.unit_level, setting.seen
    counts = count_features(one, unit, seen.effective, k)
    named = {"source": "code", "n_latents": k}
    for level, count in enumerate(counts.sum(axis=0)):
        yield named | _row("whole", "features", level, int(count))
    spread = one.masked(unit, seen.effective) / seen.visible
    for shown, values in (("whole", None), ("masked", spread)):
        yield from (named | row for row in _levels(one, shown, explained(one, counts, values)))
    weights = code_weights(one, unit, seen.effective, k)
    yield from (named | row for row in _scale(setting, weights))


def _of_shared(setting: _Setting) -> Iterator[Row]:
    one, unit = setting.tree, setting.unit_level
    weights = shared_weights(one, unit, setting.effective_hidden)
    counts = np.where(weights != 0, one.dimensions, 0)
    named = {"source": "shared", "n_latents": None}
    yield from (named | row for row in _levels(one, "whole", explained(one, counts)))
    yield from (named | row for row in _scale(setting, weights))


def _of_masks(setting: _Setting, n_masks: int, rng: np.random.Generator) -> Iterator[Row]:
    one = setting.tree
    law = MaskLaw(
        setting.law, (one.n_pixels,), int(one.below[setting.unit_level]), setting.mask_ratio
    )
    enumerated = law.n_possible <= n_masks
    if enumerated:
        masks, weights = law.enumerate()
    else:
        masks, weights = law.sample(rng, n_masks), np.full(n_masks, 1 / n_masks)
    found = np.array([conditional_r_squared(one, mask) for mask in masks])
    found = np.column_stack([found, [mean_level(one, row) for row in found]])
    error = np.zeros(found.shape[1])
    if not enumerated and n_masks > 1:
        error = found.std(axis=0, ddof=1) / np.sqrt(n_masks)
    named = {"source": "conditional", "n_latents": None, "n_masks": len(masks)}
    means = weights @ found
    for level, (mean, deviation) in enumerate(zip(means, error, strict=True)):
        place = ("r_squared", level) if level <= one.depth else ("mean_level", "all")
        yield _row("masked", *place, mean) | {"standard_error": float(deviation)} | named


def _levels(tree: GaussianTree, shown: str, r_squared: np.ndarray) -> Iterator[Row]:
    for level, value in enumerate(r_squared):
        yield _row(shown, "r_squared", level, value)
    yield _row(shown, "mean_level", "all", mean_level(tree, r_squared))


def _scale(setting: _Setting, weights: np.ndarray) -> Iterator[Row]:
    found = reach(setting.tree, weights, setting.unit_level, setting.dimensions)
    for metric, value in found.items():
        yield _row("whole", metric, "all", value)


def _row(shown: str, metric: str, level: int | str, value: float) -> Row:
    named = {"input": shown, "metric": metric, "level": level, "value": float(value)}
    return named | {"standard_error": 0.0, "n_masks": None}
