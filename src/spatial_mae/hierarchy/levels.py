"""The level of what hidden and visible parts share, over many masks at once.

The level of a variable is its height above the pixels (`LatentGraph.level`). Of one mask's set C
(Algorithm 1) four summaries are taken, and one probability:

- lowest: the least level in C, low wherever any low-level variable mixes in;
- mean: the mean level of the variables in C;
- weighted: the same, each variable weighted by its dimension (`LatentGraph.dimension`);
- highest: the greatest level in C;
- top_alone: 1 if C holds variables of the graph's top level alone, else 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spatial_mae.hierarchy.graph import LatentGraph

DEFINITIONS = ("lowest", "mean", "weighted", "highest", "top_alone")
CHUNK_MASKS = 4096


@dataclass(frozen=True)
class LevelArrays:
    """A graph as matrices, latents in the order of `LatentGraph.latents`.

    below: (n_observables, n_latents), 1 where the latent is above the observable.
    child: (n_latents, n_latents), 1 where the row is a child of the column.
    levels, dimensions: (n_latents,). top: the graph's highest level.
    """

    below: np.ndarray
    child: np.ndarray
    levels: np.ndarray
    dimensions: np.ndarray

    @property
    def top(self) -> int:
        return int(self.levels.max())

    @classmethod
    def of(cls, graph: LatentGraph) -> "LevelArrays":
        columns = {z: j for j, z in enumerate(graph.latents)}
        rows = {x: i for i, x in enumerate(graph.observables)}
        below = np.zeros((len(rows), len(columns)), dtype=np.float32)
        child = np.zeros((len(columns), len(columns)), dtype=np.float32)
        for z, j in columns.items():
            below[[rows[x] for x in graph.leaves_below[z]], j] = 1
            child[[columns[c] for c in graph.children[z] if c in columns], j] = 1
        levels = np.array([graph.level[z] for z in columns])
        dimensions = np.array([graph.dimension(z) for z in columns], dtype=np.float32)
        return cls(below, child, levels, dimensions)


def shared_members(arrays: LevelArrays, masks: np.ndarray) -> np.ndarray:
    """C of each mask: bool of shape (n_masks, n_latents), from masks (n_masks, n_observables).

    A latent is above a hidden and a visible observable iff its count of hidden ones is neither
    zero nor all; C holds such latents without a child of that kind. Counts are exact in float32.

    Raises ValueError for masks of another width, or one that hides all or nothing.
    """
    _check(arrays, masks)
    hidden = masks.astype(np.float32) @ arrays.below
    mixed = (hidden > 0) & (hidden < arrays.below.sum(axis=0))
    return mixed & (mixed.astype(np.float32) @ arrays.child == 0)


def measure_levels(arrays: LevelArrays, masks: np.ndarray) -> dict[str, np.ndarray]:
    """Of each definition its value at each mask, (n_masks,); NaN where C is empty."""
    parts = [_measure(arrays, chunk) for chunk in _chunks(masks)]
    return {name: np.concatenate([part[name] for part in parts]) for name in DEFINITIONS}


def _chunks(masks: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(masks), CHUNK_MASKS):
        yield masks[start : start + CHUNK_MASKS]


def _measure(arrays: LevelArrays, masks: np.ndarray) -> dict[str, np.ndarray]:
    # Members and their dimensions by level, (n_masks, top): small tables that give all summaries.
    members = shared_members(arrays, masks).astype(np.float32)
    levels = np.arange(1, arrays.top + 1)
    at_level = arrays.levels[:, None] == levels
    columns = np.hstack([at_level, arrays.dimensions[:, None] * at_level]).astype(np.float32)
    counts, weights = np.hsplit(members @ columns, 2)
    lowest = 1.0 + (counts > 0).argmax(axis=1)
    with np.errstate(invalid="ignore"):
        found = {
            "lowest": lowest,
            "mean": counts @ levels / counts.sum(axis=1),
            "weighted": weights @ levels / weights.sum(axis=1),
            "highest": arrays.top - (counts[:, ::-1] > 0).argmax(axis=1).astype(float),
            "top_alone": (lowest == arrays.top).astype(float),
        }
    empty = ~counts.any(axis=1)
    return {name: np.where(empty, np.nan, values) for name, values in found.items()}


def _check(arrays: LevelArrays, masks: np.ndarray) -> None:
    n = len(arrays.below)
    if masks.ndim != 2 or masks.shape[1] != n or masks.dtype != bool:
        raise ValueError(
            f"masks of shape {masks.shape} and type {masks.dtype}: expected (n_masks, {n}) of bool"
        )
    counts = masks.sum(axis=1)
    if wrong := np.flatnonzero((counts == 0) | (counts == n)).tolist():
        raise ValueError(
            f"mask {wrong[0]} hides {counts[wrong[0]]} of {n} observables; each mask must hide at "
            "least one and leave one visible"
        )
