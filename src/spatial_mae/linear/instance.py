"""A random linear MAE problem, small enough that all masks and critical points can be listed."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from spatial_mae.linear.ising import ising_chain_moment
from spatial_mae.study.keys import Count, Range, Two
from spatial_mae.study.recipes import Checked

# From weak masking to the strongest of the papers.
MASK_RATIOS = (0.1, 0.25, 0.5, 0.75, 0.9)
MAX_PATCHES = 12


@dataclass(frozen=True)
class LemmaRecipe(Checked):
    """A small instance on which lemmas are checked: n_patches * patch_size dimensions."""

    n_patches: Annotated[int, Range(least=2, most=MAX_PATCHES)] = 4
    """Patches; all 2^n masks are enumerated."""
    patch_size: Two = 2
    """Coordinates of a patch."""
    n_latents: Count = 3
    """Latents k."""
    n_restarts: Count = 10
    """Random starts of each search."""


@dataclass(frozen=True)
class Instance:
    """Samples X (n, d), correlated across patches; S = X^T X; index (d,), the patches."""

    X: np.ndarray
    index: np.ndarray
    n_latents: int
    n_restarts: int

    @property
    def S(self) -> np.ndarray:
        return self.X.T @ self.X


def random_instance(recipe: LemmaRecipe, rng: np.random.Generator) -> Instance:
    """4 d Gaussian samples with an Ising chain's correlations (J = 1) and unequal variances.

    Raises ValueError if the instance cannot be enumerated or searched.
    """
    d = recipe.n_patches * recipe.patch_size
    if recipe.n_latents >= d:
        raise ValueError(f"n_latents {recipe.n_latents}: expected 1 to {d - 1}")
    root = np.linalg.cholesky(ising_chain_moment(d, 1.0))
    X = rng.standard_normal((4 * d, d)) @ root.T * rng.uniform(0.5, 2.0, d)
    index = np.repeat(np.arange(recipe.n_patches), recipe.patch_size)
    return Instance(X, index, recipe.n_latents, recipe.n_restarts)
