import numpy as np
import pytest

from spatial_mae.linear.ising import (
    chain_bonds,
    energy_per_site,
    enumerated_moment,
    ising_chain_moment,
    ising_ring_moment,
    sampled_torus_correlation,
    torus_correlation,
    torus_moment,
)

COUPLINGS = [-0.7, 0.0, 0.3, 1.0, 2.5]


def torus_bonds(side: int) -> np.ndarray:
    """The 2 side^2 nearest-neighbour pairs of the (side, side) torus, sites in row-major order."""
    sites = np.arange(side**2).reshape(side, side)
    neighbours = [np.roll(sites, -1, axis=axis) for axis in (0, 1)]
    return np.concatenate([np.stack([sites.ravel(), n.ravel()], axis=1) for n in neighbours])


@pytest.mark.parametrize("coupling", COUPLINGS)
def test_open_chain_is_exact(coupling):
    expected = enumerated_moment(chain_bonds(9), 9, coupling)
    np.testing.assert_allclose(ising_chain_moment(9, coupling), expected, atol=1e-13)


@pytest.mark.parametrize("coupling", COUPLINGS)
@pytest.mark.parametrize("d", [3, 8])
def test_ring_formula_is_exact_and_differs_from_the_limit(d, coupling):
    expected = enumerated_moment(chain_bonds(d, closed=True), d, coupling)
    np.testing.assert_allclose(ising_ring_moment(d, coupling), expected, atol=1e-13)
    gap = np.abs(expected - ising_chain_moment(d, coupling))[0, : d // 2 + 1].max()
    assert gap == 0 if coupling == 0 else gap > 1e-4


def test_ring_tends_to_the_limit():
    gaps = [
        np.abs(ising_ring_moment(d, 0.5) - ising_chain_moment(d, 0.5))[0, : d // 2].max()
        for d in (8, 16, 32)
    ]
    assert gaps[0] > 10 * gaps[1] > 100 * gaps[2]


@pytest.mark.parametrize("side", [3, 4])
@pytest.mark.parametrize("coupling", [-0.4, 0.2, 0.44, 1.0])
def test_torus_by_transfer_matrix_equals_enumeration(side, coupling):
    expected = enumerated_moment(torus_bonds(side), side**2, coupling)
    found = torus_moment(torus_correlation(side, coupling))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_torus_energy_matches_the_derivative_of_the_partition_function():
    side, coupling, step = 3, 0.4, 1e-5
    spins = np.array(np.meshgrid(*[[-1, 1]] * side**2)).reshape(side**2, -1).T
    bonds = torus_bonds(side)
    totals = (spins[:, bonds[:, 0]] * spins[:, bonds[:, 1]]).sum(axis=1)
    up, down = (np.log(np.exp(j * totals).sum()) for j in (coupling + step, coupling - step))
    expected = -(up - down) / (2 * step) / side**2
    assert energy_per_site(torus_correlation(side, coupling)) == pytest.approx(expected, rel=1e-8)


def test_sampled_correlation_is_the_mean_over_all_symmetries():
    rng = np.random.default_rng(0)
    spins = rng.choice([-1, 1], (5, 4, 4))
    found = sampled_torus_correlation(spins)
    for dy in range(4):
        for dx in range(4):
            moves = [(dy, dx), (-dy, dx), (dx, dy), (dx, -dy)]
            pairs = [np.mean(spins * np.roll(spins, move, axis=(1, 2))) for move in moves]
            assert found[dy, dx] == pytest.approx(np.mean(pairs), abs=1e-12)
    assert np.linalg.eigvalsh(torus_moment(found)).min() > -1e-12


def test_torus_moment_depends_on_displacement_alone():
    correlation = np.arange(9.0).reshape(3, 3)
    moment = torus_moment(correlation)
    assert moment[4, 0] == correlation[1, 1]
    assert moment[0, 4] == correlation[2, 2]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ising_chain_moment(0, 1.0), "at least 1"),
        (lambda: ising_ring_moment(4, float("nan")), "finite"),
        (lambda: enumerated_moment(chain_bonds(17), 17, 1.0), "at most 16"),
        (lambda: torus_correlation(11, 1.0), "sampled"),
        (lambda: sampled_torus_correlation(np.ones((2, 3, 4))), "expected"),
    ],
)
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()
