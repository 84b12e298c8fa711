"""Spatial scale of a linear MAE on a Gaussian tree, in closed form.

W has one number for each level (`gaussian_tree`); so W_xy depends only on the level of the lowest
latent above both pixels. Measures are those of `linear.influence`, without the matrix.
"""

import numpy as np

from spatial_mae.hierarchy.gaussian_tree import GaussianTree


def profile(tree: GaussianTree, weights: np.ndarray) -> np.ndarray:
    """W_xy by the level of the lowest latent above both pixels: (channels, H + 1)."""
    steps = np.diff(weights, axis=1, prepend=0) / tree.below
    return np.cumsum(steps[:, ::-1], axis=1)[:, ::-1]


def reach(
    tree: GaussianTree, weights: np.ndarray, unit_level: int, dimensions: int
) -> dict[str, float]:
    """Spatial scale of W after Bisulco et al., as `linear.influence.measure` gives it.

    mean_distance (pixels) and intra_patch_share of |W|, over the targets that anything influences.
    """
    pairs = np.diff(tree.below, prepend=0)
    influence = np.abs(profile(tree, weights)) * pairs
    whole = influence.sum(axis=1, keepdims=True)
    shares = (influence / np.where(whole > 0, whole, 1))[whole[:, 0] > 0]
    distance = shares @ distances(tree.arity, tree.depth, dimensions)
    inside = shares[:, : tree.check_unit(unit_level) + 1].sum(axis=1)
    return {
        "mean_distance": float(distance.mean()),
        "intra_patch_share": float(inside.mean()),
    }


def distances(arity: int, depth: int, dimensions: int) -> np.ndarray:
    """Mean distance of two pixels by the level of the lowest latent above both, (H + 1,), pixels.

    dimensions: 1, pixels in a row; 2, an image under a quad-tree. Raises ValueError for an image
    of another arity.
    """
    check_dimensions(dimensions, arity)
    side = arity if dimensions == 1 else 2
    totals = np.array([_total_distance(side**h, dimensions) for h in range(depth + 1)])
    below = float(arity) ** np.arange(depth + 1)
    apart = np.diff(below**2, prepend=0) - (arity - 1) * np.append(0, below[:-1] ** 2)
    new = totals - arity * np.append(0, totals[:-1])
    return np.divide(new, apart, where=apart > 0, out=np.zeros(depth + 1))


def check_dimensions(dimensions: int, arity: int) -> None:
    """ValueError unless pixels are in a row, or an image under a quad-tree."""
    if dimensions != 1 and (dimensions, arity) != (2, 4):
        raise ValueError(
            f"a tree of arity {arity} in {dimensions} dimensions: an image's latents have 2 x 2 "
            "below them; use dimensions 1, or dimensions 2 with arity 4"
        )


def _total_distance(side: int, dimensions: int) -> float:
    """Sum of the distances of all ordered pairs in a block."""
    steps = np.arange(1 - side, side)
    ways = side - np.abs(steps)
    if dimensions == 1:
        return float(ways @ np.abs(steps))
    return float(ways @ np.hypot(steps[:, None], steps[None, :]) @ ways)
