"""Second moments of Ising spins x in {-1, 1}: exact on chains, rings and small tori.

The law is p(x) ~ exp(J sum_<ij> x_i x_j) (Bisulco et al. 2025, Eq. 6), J the coupling. Its mean is
zero by the flip x -> -x, so the second moment is the covariance, with ones on the diagonal.
"""

import numpy as np
from numpy.typing import ArrayLike

MAX_SPINS = 16
MAX_TORUS_SIDE = 10


def ising_chain_moment(d: int, coupling: float) -> np.ndarray:
    """E x_i x_j = tanh(J)^|i-j|: exact on the open chain, the limit of long rings.

    Parameters: d, number of spins >= 1; coupling, J.
    Returns an ndarray of shape (d, d). Raises ValueError if d < 1 or J is not finite.
    Bisulco et al. 2025, Sec. 2.1, where it is the asymptotic correlation.
    """
    _check(d, coupling)
    sites = np.arange(d)
    return np.tanh(coupling) ** np.abs(sites[:, None] - sites)


def ising_ring_moment(d: int, coupling: float) -> np.ndarray:
    """Exact E x_i x_j on a ring of d spins: (t^r + t^(d-r)) / (1 + t^d), t = tanh(J), r = |i-j|."""
    _check(d, coupling)
    sites = np.arange(d)
    distance = np.abs(sites[:, None] - sites)
    t = np.tanh(coupling)
    return (t**distance + t ** (d - distance)) / (1 + t**d)


def enumerated_moment(bonds: ArrayLike, n_spins: int, coupling: float) -> np.ndarray:
    """Second moment summed over all 2^n_spins states: the oracle of every other function here.

    Parameters: bonds, int array of shape (n_bonds, 2), a pair listed twice counts twice.
    Returns an ndarray of shape (n_spins, n_spins). Raises ValueError beyond 16 spins.
    """
    _check(n_spins, coupling)
    if n_spins > MAX_SPINS:
        raise ValueError(f"{n_spins} spins have 2^{n_spins} states; enumerate at most {MAX_SPINS}")
    states = spin_states(n_spins)
    first, second = np.asarray(bonds, dtype=int).reshape(-1, 2).T
    energy = coupling * (states[:, first] * states[:, second]).sum(axis=1)
    weights = np.exp(energy - energy.max())
    return (states * (weights / weights.sum())[:, None]).T @ states


def spin_states(n_spins: int) -> np.ndarray:
    """All states of n_spins spins, float64 of shape (2^n_spins, n_spins)."""
    bits = np.arange(2**n_spins)[:, None] >> np.arange(n_spins) & 1
    return 2.0 * bits - 1.0


def chain_bonds(d: int, closed: bool = False) -> np.ndarray:
    """Nearest-neighbour pairs of d spins in a row, shape (n_bonds, 2); `closed` makes it a ring."""
    sites = np.arange(d)
    bonds = np.stack([sites, (sites + 1) % d], axis=1)
    return bonds if closed else bonds[:-1]


def torus_correlation(side: int, coupling: float) -> np.ndarray:
    """Exact E x(0, 0) x(dy, dx) on the (side, side) torus, by the transfer matrix between rows.

    With T = Q diag(l) Q^T and s_c the spin in column c,
    E = sum_ab l_a^(side-dy) l_b^dy <a|s_0|b> <b|s_dx|a> / sum_a l_a^side.
    Returns an ndarray of shape (side, side). Raises ValueError beyond side 10: 1024 states a row.
    """
    _check(side, coupling)
    if side > MAX_TORUS_SIDE:
        raise ValueError(
            f"torus of side {side}: exact moments need a side of at most {MAX_TORUS_SIDE}; "
            "use the sampled moment"
        )
    rows = spin_states(side)
    within = coupling * (rows * np.roll(rows, -1, axis=1)).sum(axis=1)
    exponent = (within[:, None] + within) / 2 + coupling * rows @ rows.T
    values, vectors = np.linalg.eigh(np.exp(exponent - exponent.max()))
    values = values / np.abs(values).max()
    spins = np.stack([vectors.T @ (rows[:, [c]] * vectors) for c in range(side)])
    powers = values ** np.arange(side + 1)[:, None]
    pairs = [powers[side - dy][:, None] * powers[dy] * spins[0] for dy in range(side)]
    return np.tensordot(np.stack(pairs), spins, axes=([1, 2], [1, 2])) / powers[side].sum()


def torus_moment(correlation: ArrayLike) -> np.ndarray:
    """The (side^2, side^2) moment whose entries depend on the displacement alone, sites row-major.

    Parameters: correlation of shape (side, side), at displacement (dy, dx).
    """
    correlation = np.asarray(correlation, dtype=float)
    side = len(correlation)
    y, x = np.divmod(np.arange(side**2), side)
    return correlation[(y[:, None] - y) % side, (x[:, None] - x) % side]


def sampled_torus_correlation(spins: ArrayLike) -> np.ndarray:
    """Mean x(r) x(r + displacement) over samples and over the torus' own symmetries.

    The law is invariant under translations, reflections and the exchange of the axes, so averaging
    over them keeps the estimate unbiased, lowers its variance, and leaves it positive semidefinite.
    Parameters: spins of shape (n, side, side). Returns an ndarray of shape (side, side).
    """
    spins = np.asarray(spins, dtype=float)
    if spins.ndim != 3 or spins.shape[1] != spins.shape[2]:
        raise ValueError(f"spins of shape {spins.shape}: expected (n, side, side)")
    power = np.mean(np.abs(np.fft.rfft2(spins)) ** 2, axis=0)
    correlation = np.fft.irfft2(power, s=spins.shape[1:]) / spins[0].size
    reflected = np.roll(correlation[::-1], 1, axis=0)
    correlation = (correlation + reflected) / 2
    return (correlation + correlation.T) / 2


def energy_per_site(correlation: ArrayLike) -> float:
    """Energy per site of the torus in units of J: -(E x(0,0) x(0,1) + E x(0,0) x(1,0))."""
    correlation = np.asarray(correlation)
    return float(-(correlation[0, 1] + correlation[1, 0]))


def _check(n_spins: int, coupling: float) -> None:
    if n_spins < 1:
        raise ValueError(f"{n_spins} spins: give a size of at least 1")
    if not np.isfinite(coupling):
        raise ValueError(f"coupling {coupling}: give a finite number")
