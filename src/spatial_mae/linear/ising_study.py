"""A run of the Ising experiment: moment to tables (Bisulco et al. 2025, Fig. 4, App. E)."""

from dataclasses import dataclass

import numpy as np

from spatial_mae.data.ising import onsager_energy, sample_chain, sample_torus
from spatial_mae.files import Row
from spatial_mae.linear.ising import (
    energy_per_site,
    ising_chain_moment,
    sampled_torus_correlation,
    torus_correlation,
    torus_moment,
)
from spatial_mae.linear.ising_features import (
    lattice_shape,
    patch_boundary,
    solve_lattice,
    summary_row,
    weight_rows,
)
from spatial_mae.masks.patches import patch_index
from spatial_mae.study.keys import Count, Natural, Shares, Two
from spatial_mae.study.recipes import Checked


@dataclass(frozen=True)
class IsingRecipe(Checked):
    """The linear MAE on an Ising model."""

    size: Two
    """Spins of the chain, or side of the torus. [Bisulco 32, Fig. 4]"""
    n_latents: Count
    """Latents k. [Bisulco 6, Fig. 4]"""
    mask_ratios: Shares
    """Probabilities that a patch is hidden; 0 is the plain autoencoder."""
    n_samples: Two = 10000
    """Configurations drawn where moments are sampled."""
    n_sweeps: Natural | None = None
    """Heat-bath sweeps before a torus is sampled, which it needs: 300 at side 32 and coupling 0.4,
    more nearer to the transition at 0.4407. Chains and exact moments need none."""


def ising_tables(
    recipe: IsingRecipe,
    lattice: str,
    coupling: float,
    patch_size: int,
    moment: str,
    rng: np.random.Generator,
) -> tuple[list[Row], list[Row]]:
    """(weights, summary) rows of the AE and of the MAE at each mask ratio.

    Parameters: lattice, `chain` or `torus`; moment, `exact` or `sampled`.
    Raises ValueError, before any sampling, for a patch size, mask ratio or number of latents that
    does not fit, for the exact moment of a torus beyond side 10, and for a sampled torus without
    n_sweeps.
    """
    height, width = lattice_shape(lattice, recipe.size)
    index = patch_index(height, width, patch_size)
    boundary = patch_boundary(lattice, recipe.size, patch_size)
    _check(recipe, len(index))
    S, measured = lattice_moment(recipe, lattice, coupling, moment, rng)
    solved = solve_lattice(S, index, recipe.mask_ratios, recipe.n_latents)
    weights = [row for one in solved for row in weight_rows(one, lattice)]
    sizes = {"size": recipe.size, "n_samples": None if moment == "exact" else recipe.n_samples}
    return weights, [summary_row(one, lattice, boundary) | sizes | measured for one in solved]


def lattice_moment(
    recipe: IsingRecipe, lattice: str, coupling: float, moment: str, rng: np.random.Generator
) -> tuple[np.ndarray, Row]:
    """The second moment (d, d), and on the torus its energy per site and Onsager's.

    A sampled chain is the plain mean of x^T x; a sampled torus is averaged over its symmetries too.
    """
    if moment not in ("exact", "sampled"):
        raise ValueError(f"moment {moment!r}: choose exact or sampled")
    exact = moment == "exact"
    if lattice == "chain":
        if exact:
            return ising_chain_moment(recipe.size, coupling), {}
        spins = sample_chain(rng, recipe.n_samples, recipe.size, coupling).astype(float)
        return spins.T @ spins / recipe.n_samples, {}
    if exact:
        correlation = torus_correlation(recipe.size, coupling)
    else:
        spins = sample_torus(rng, recipe.n_samples, recipe.size, coupling, recipe.n_sweeps)
        correlation = sampled_torus_correlation(spins)
    energies = {
        "energy_per_site": energy_per_site(correlation),
        "energy_onsager": onsager_energy(coupling),
    }
    return torus_moment(correlation), energies


def _check(recipe: IsingRecipe, d: int) -> None:
    if not 1 <= recipe.n_latents <= d:
        raise ValueError(f"n_latents {recipe.n_latents}: must be in 1..{d}, the number of spins")
