"""What linear AE and MAE learn from Ising spins: where their energy is, how near W is to identity.

The tables behind Bisulco et al. 2025, Fig. 4 and App. E.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from spatial_mae.files import Row
from spatial_mae.linear.decomposition import decompose
from spatial_mae.linear.result import Solution
from spatial_mae.masks.patches import patch_index


def lattice_shape(lattice: str, size: int) -> tuple[int, int]:
    """(height, width) of a `chain` of `size` spins or a `torus` of side `size`."""
    shapes = {"chain": (1, size), "torus": (size, size)}
    if lattice not in shapes:
        raise ValueError(f"lattice {lattice!r}: choose chain or torus")
    return shapes[lattice]


def patch_boundary(lattice: str, size: int, patch_size: int) -> np.ndarray:
    """Coordinates with a nearest neighbour in another patch, bool of shape (d,).

    The chain is open, so its two ends are no boundary; the torus wraps around.
    Raises ValueError if no coordinate, or each one, is at a boundary: nothing is left to compare.
    """
    height, width = lattice_shape(lattice, size)
    index = patch_index(height, width, patch_size)
    if lattice == "chain":
        differs = index[1:] != index[:-1]
        boundary = np.r_[differs, False] | np.r_[False, differs]
    else:
        grid = index.reshape(height, width)
        shifted = [np.roll(grid, step, axis=axis) for axis in (0, 1) for step in (-1, 1)]
        boundary = (np.stack(shifted) != grid).any(axis=0).ravel()
    if boundary.all() or not boundary.any():
        raise ValueError(
            f"patch size {patch_size} on a {lattice} of size {size}: no boundary that "
            "differs from an interior; use a patch size of at least 3 that leaves several patches"
        )
    return boundary


def site_leverage(encoder: ArrayLike) -> np.ndarray:
    """Diagonal of the orthogonal projector onto the encoder's columns, shape (d,), summing to k.

    The same for A and AC for every invertible C, which Theorem 1 leaves free.
    """
    basis = np.linalg.qr(np.asarray(encoder, dtype=float))[0]
    return (basis**2).sum(axis=1)


def boundary_energy(energy: ArrayLike, boundary: ArrayLike) -> float:
    """Mean energy of the boundary coordinates over the mean of all: 1 = no preference."""
    energy = np.asarray(energy, dtype=float)
    return float(energy[np.asarray(boundary)].mean() / energy.mean())


def identity_error(influence: ArrayLike) -> float:
    """||W - I||_F / ||I||_F; no W of rank k comes below sqrt(1 - k/d)."""
    influence = np.asarray(influence, dtype=float)
    return float(np.linalg.norm(influence - np.eye(len(influence))) / np.sqrt(len(influence)))


def sinusoid_fit(column: ArrayLike, n_frequencies: int | None = None) -> float:
    """R^2 of the best a cos(w i) + b sin(w i) over all frequencies w in (0, pi), mean not removed.

    Parameters: column of shape (d,); n_frequencies of the first grid (default 16 d), then refined.
    """
    column = np.asarray(column, dtype=float)
    step = np.pi / (n_frequencies or 16 * len(column))
    grid = np.arange(step, np.pi, step)
    start = grid[np.argmax([_sinusoid_share(column, w) for w in grid])]
    bounds = (max(start - step, step / 100), min(start + step, np.pi - step / 100))
    refined = minimize_scalar(
        lambda frequency: -_sinusoid_share(column, frequency),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-10},
    )
    return float(-refined.fun)


def _sinusoid_share(column: np.ndarray, frequency: float) -> float:
    phase = frequency * (np.arange(len(column)) - (len(column) - 1) / 2)
    parts = [wave / np.linalg.norm(wave) for wave in (np.cos(phase), np.sin(phase))]
    return sum((part @ column) ** 2 for part in parts) / (column @ column)


@dataclass(frozen=True)
class SolvedLattice:
    """The solution of one model; spectral_gap: (l_k - l_k+1) / l_1, near 0 if it is not unique."""

    model: str
    mask_ratio: float
    solution: Solution
    spectral_gap: float | None


def solve_lattice(
    S: ArrayLike, index: ArrayLike, mask_ratios: Sequence[float], n_latents: int
) -> list[SolvedLattice]:
    """The AE (mask ratio 0), then the MAE at each mask ratio, from one decomposition."""
    decomposition = decompose(S, index)
    models = [("ae", 0.0)] + [("mae", float(m)) for m in mask_ratios]
    eigenvalues = decomposition.eigenvalues([m for _, m in models])
    return [
        SolvedLattice(model, m, decomposition.solve(m, n_latents), _gap(values, n_latents))
        for (model, m), values in zip(models, eigenvalues, strict=True)
    ]


def _gap(eigenvalues: np.ndarray, n_latents: int) -> float | None:
    if n_latents == len(eigenvalues):
        return None
    return float((eigenvalues[n_latents - 1] - eigenvalues[n_latents]) / eigenvalues[0])


def weight_rows(solved: SolvedLattice, lattice: str) -> list[Row]:
    """Long table: `encoder` (row site, column latent) and `influence` (row input, column target) on
    the chain, `site_energy` (leverage; row y, column x) on the torus.
    """
    solution = solved.solution
    if lattice == "chain":
        tables = {"encoder": solution.encoder, "influence": solution.influence}
    else:
        leverage = site_leverage(solution.encoder)
        tables = {"site_energy": leverage.reshape(2 * [round(len(leverage) ** 0.5)])}
    start = {"model": solved.model, "mask_ratio": solved.mask_ratio}
    return [
        start | {"quantity": quantity, "row": row, "column": column, "value": float(value)}
        for quantity, table in tables.items()
        for (row, column), value in np.ndenumerate(table)
    ]


def summary_row(solved: SolvedLattice, lattice: str, boundary: ArrayLike) -> Row:
    """The measures of one solution; `sinusoid_r2` on chains only.

    `boundary_energy` comes from the leverage, `boundary_energy_weights` from the squared row norms
    of A when the decoder's rows are orthonormal. `boundary_energy_limit`: what the leverage could
    reach if the k latents read boundary coordinates alone.
    """
    encoder, influence = solved.solution.encoder, solved.solution.influence
    d, k = encoder.shape
    n_boundary = np.count_nonzero(boundary)
    return {
        "model": solved.model,
        "mask_ratio": solved.mask_ratio,
        "n_latents": k,
        "boundary_energy": boundary_energy(site_leverage(encoder), boundary),
        "boundary_energy_weights": boundary_energy((encoder**2).sum(axis=1), boundary),
        "boundary_energy_limit": d / max(k, n_boundary),
        "rank_influence": int(np.linalg.matrix_rank(influence)),
        "identity_error": identity_error(influence),
        "identity_floor": float(np.sqrt(1 - k / d)),
        "sinusoid_r2": min(map(sinusoid_fit, encoder.T)) if lattice == "chain" else None,
        "spectral_gap": solved.spectral_gap,
    }
