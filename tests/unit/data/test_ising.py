"""Ising samplers against closed forms and enumeration."""

from itertools import product

import numpy as np
import pytest

from spatial_mae.data import ising


def test_chain_correlations_are_powers_of_tanh():
    n, d, coupling = 200_000, 8, 0.7
    x = ising.sample_chain(np.random.default_rng(0), n, d, coupling).astype(float)
    distance = np.abs(np.subtract.outer(np.arange(d), np.arange(d)))
    expected = np.tanh(coupling) ** distance
    np.testing.assert_allclose(x.T @ x / n, expected, atol=5 / np.sqrt(n))
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=5 / np.sqrt(n))


def test_chain_law_is_that_of_the_enumerated_states():
    n, coupling = 100_000, -0.5
    states = np.array(list(product([-1, 1], repeat=4)))
    weights = np.exp(coupling * (states[:, 1:] * states[:, :-1]).sum(axis=1))
    x = ising.sample_chain(np.random.default_rng(1), n, 4, coupling)
    counts = np.bincount((x > 0) @ [8, 4, 2, 1], minlength=16)
    np.testing.assert_allclose(counts / n, weights / weights.sum(), atol=5 * np.sqrt(0.15 / n))


def test_torus_law_is_that_of_the_enumerated_states():
    """A 4 x 4 torus has 65,536 states: the law of its energy is known exactly."""
    coupling, n = 0.3, 20_000
    states = np.array(list(product([-1, 1], repeat=16)), dtype=np.int8).reshape(-1, 4, 4)
    energies = bonds(states)
    weights = np.exp(coupling * energies)
    x = ising.sample_torus(np.random.default_rng(0), n, 4, coupling, n_sweeps=60)
    assert x.dtype == np.int8 and set(np.unique(x)) == {-1, 1}
    for energy in np.unique(energies):
        p = weights[energies == energy].sum() / weights.sum()
        assert abs((bonds(x) == energy).mean() - p) < 5 * np.sqrt(p / n) + 1e-4


def bonds(x):
    """Sum of the products of neighbours on the torus, each bond once."""
    x = x.astype(int)
    return (x * np.roll(x, 1, 1)).sum(axis=(1, 2)) + (x * np.roll(x, 1, 2)).sum(axis=(1, 2))


@pytest.mark.parametrize("coupling", [0.15, 0.35, -0.25])
def test_torus_energy_is_onsagers(coupling):
    side = 24
    x = ising.sample_torus(np.random.default_rng(3), 256, side, coupling, n_sweeps=120)
    energies = -bonds(x) / side**2
    error = energies.std() / np.sqrt(len(x))
    assert abs(energies.mean() - ising.onsager_energy(coupling)) < 4 * error


def test_onsager_energy_has_the_known_limits():
    assert ising.onsager_energy(0.0) == 0
    small = 1e-3
    assert ising.onsager_energy(small) == pytest.approx(-2 * np.tanh(small), rel=1e-4)
    assert ising.onsager_energy(ising.CRITICAL_COUPLING) == pytest.approx(-np.sqrt(2), abs=1e-6)
    assert ising.onsager_energy(3.0) == pytest.approx(-2, abs=1e-4)


def test_source_writes_spins_as_black_and_white():
    recipe = ising.Ising("torus", (8, 8), 0.3, 1030, 5, 2)
    splits = ising.prepare(recipe, None, None, np.random.default_rng(0)).splits
    images = np.concatenate([batch.images for batch in splits["train"]])
    assert images.shape == (1030, 8, 8, 1) and set(np.unique(images)) == {0, 255}
    chain = ising.Ising("chain", (1, 9), 0.3, 7, 5, 1)
    (batch,) = ising.prepare(chain, None, None, np.random.default_rng(0)).splits["train"]
    assert batch.images.shape == (7, 1, 9, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": (8, 6)}, "size of a torus"),
        ({"lattice": "chain"}, r"size of a chain is \[1, d\]"),
        ({"size": (7, 7)}, "must be even"),
        ({"coupling": 0.5}, "disordered phase"),
        ({"n_sweeps": 0}, "n_sweeps of an Ising torus must be at least 1, got 0"),
        ({"n_sweeps": None}, "n_sweeps of an Ising torus .* got None: set the heat-bath sweeps"),
        ({"n_test": 0}, "n_test"),
    ],
)
def test_impossible_recipes_are_named(change, message):
    recipe = {"lattice": "torus", "size": (8, 8), "coupling": 0.3}
    recipe |= {"n_train": 4, "n_test": 4, "n_sweeps": 1} | change
    with pytest.raises(ValueError, match=message):
        ising.prepare(ising.Ising(**recipe), None, None, np.random.default_rng(0))


def test_a_chain_needs_no_sweeps_and_a_torus_has_no_default():
    """At coupling 0.4 one sweep leaves the energy a third too small."""
    chain = ising.Ising("chain", (1, 9), 0.3, 7, 5)
    assert ising.prepare(chain, None, None, np.random.default_rng(0)).shape == (1, 9, 1)
    with pytest.raises(ValueError, match="300 at side 32"):
        torus = ising.Ising("torus", (8, 8), 0.3, 7, 5)
        ising.prepare(torus, None, None, np.random.default_rng(0))
