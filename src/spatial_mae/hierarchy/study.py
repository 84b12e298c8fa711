"""The levels of what masks share in a tree, over laws, mask units and mask ratios, as a table."""

from dataclasses import dataclass

import numpy as np

from spatial_mae.files import Row
from spatial_mae.hierarchy.builders import quad_tree, tree
from spatial_mae.hierarchy.graph import LatentGraph
from spatial_mae.hierarchy.levels import DEFINITIONS, LevelArrays, measure_levels
from spatial_mae.hierarchy.masks import MaskLaw
from spatial_mae.hierarchy.tree_levels import UnitTree, expected_at, expected_levels
from spatial_mae.masks.laws import GridLaw
from spatial_mae.study.keys import Natural, Part, Two
from spatial_mae.study.recipes import Checked

WITH_FORMULA = ("bernoulli", "exact")


@dataclass(frozen=True, kw_only=True)
class LevelsRecipe(Checked):
    """Levels of the latents that masks of a tree make MAE learn."""

    laws: tuple[GridLaw, ...] = ("bernoulli", "exact", "displaced", "contiguous")
    """Mask laws: bernoulli and exact (units fit the branches of the tree; at most 1,024 units),
    displaced (they do not), contiguous (one block of units), block (several), grid (all but every
    s-th unit)."""
    unit_levels: tuple[Natural, ...]
    """Level of the latent whose leaves make a mask unit; 0 masks leaf by leaf."""
    mask_ratios: tuple[Part, ...]
    """Shares of the mask units hidden."""
    n_masks: Two = 4000
    """Number of masks drawn if there are more; else all are used."""


def level_rows(
    recipe: LevelsRecipe, dimensions: int, arity: int, depth: int, rng: np.random.Generator
) -> list[Row]:
    """One row for every law, unit, mask ratio, definition of level, and way to get it.

    The value is the mean over masks. Methods: formula (independent or counted units), enumeration
    (all masks of the law), sampling (with the standard error of the mean).

    Parameters: dimensions, 1 for leaves in a row or 2 for an image under a quad-tree.
    Raises ValueError, before any work, for a tree, law, unit level or mask ratio that cannot be,
    or for more mask units than the formula is for, if a law with a formula is wanted.
    """
    graph = build_tree(dimensions, arity, depth)
    shape = (arity**depth,) if dimensions == 1 else (2**depth, 2**depth)
    wanted = recipe.unit_levels if set(recipe.laws) & set(WITH_FORMULA) else ()
    trees = {level: UnitTree(arity, depth, level) for level in wanted}
    side = arity if dimensions == 1 else 2
    laws = [
        (level, MaskLaw(name, shape, side**level, mask_ratio))
        for name in recipe.laws
        for level in recipe.unit_levels
        for mask_ratio in recipe.mask_ratios
    ]
    arrays = LevelArrays.of(graph)
    exact = {level: expected_levels(unit_tree) for level, unit_tree in trees.items()}
    rows: list[Row] = []
    for level, law in laws:
        setting = {"law": law.name, "unit_level": level, "mask_ratio": law.mask_ratio}
        parts = [_measured(arrays, law, recipe.n_masks, rng)]
        if law.name in WITH_FORMULA:
            parts.insert(0, _formula(exact[level], law))
        rows += [setting | row for part in parts for row in part]
    return rows


def build_tree(dimensions: int, arity: int, depth: int) -> LatentGraph:
    """A tree over a row, or with dimensions 2 the quad-tree of an image, whose arity is 4."""
    if dimensions == 1:
        return tree(arity, depth)
    if dimensions != 2 or arity != 4:
        raise ValueError(
            f"a tree of arity {arity} in {dimensions} dimensions: an image's latents have 2 x 2 "
            "below them; use dimensions 1, or dimensions 2 with arity 4"
        )
    return quad_tree(depth)


def _formula(levels: dict[str, np.ndarray], law: MaskLaw) -> list[Row]:
    return [
        {
            "definition": name,
            "value": expected_at(values, law.name, law.mask_ratio, law.n_hidden),
            "standard_error": 0.0,
            "method": "formula",
            "n_masks": None,
            "hidden_share": law.n_hidden / law.n_units if law.name == "exact" else law.mask_ratio,
        }
        for name, values in levels.items()
    ]


def _measured(
    arrays: LevelArrays, law: MaskLaw, n_masks: int, rng: np.random.Generator
) -> list[Row]:
    enumerated = law.n_possible <= n_masks
    if enumerated:
        masks, weights = law.enumerate()
    else:
        masks, weights = law.sample(rng, n_masks), np.full(n_masks, 1 / n_masks)
    found = measure_levels(arrays, masks)
    errors = {name: values.std(ddof=1) / np.sqrt(n_masks) for name, values in found.items()}
    return [
        {
            "definition": name,
            "value": float(weights @ found[name]),
            "standard_error": 0.0 if enumerated else float(errors[name]),
            "method": "enumeration" if enumerated else "sampling",
            "n_masks": len(masks),
            "hidden_share": float(weights @ masks.mean(axis=1)),
        }
        for name in DEFINITIONS
    ]
