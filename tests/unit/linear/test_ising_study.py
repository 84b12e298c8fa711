import dataclasses

import numpy as np
import pytest

from spatial_mae.data.ising import onsager_energy
from spatial_mae.linear.ising import ising_chain_moment, torus_correlation, torus_moment
from spatial_mae.linear.ising_study import IsingRecipe, ising_tables, lattice_moment

CHAIN = IsingRecipe(size=12, n_latents=3, mask_ratios=(0.5,), n_samples=4000)
TORUS = IsingRecipe(size=6, n_latents=5, mask_ratios=(0.5,), n_samples=400, n_sweeps=60)


def rng():
    return np.random.default_rng(0)


def test_sampled_chain_approaches_the_exact_one():
    exact, _ = lattice_moment(CHAIN, "chain", 0.7, "exact", rng())
    sampled, _ = lattice_moment(CHAIN, "chain", 0.7, "sampled", rng())
    np.testing.assert_array_equal(exact, ising_chain_moment(12, 0.7))
    gap = np.abs(sampled - exact)
    assert 0 < gap.max() < 5 / np.sqrt(4000)


def test_sampled_torus_approaches_the_exact_one():
    sampled, energies = lattice_moment(TORUS, "torus", 0.3, "sampled", rng())
    exact = torus_moment(torus_correlation(6, 0.3))
    np.testing.assert_allclose(sampled, exact, atol=0.05)
    assert np.diag(sampled) == pytest.approx(1)
    assert energies["energy_per_site"] == pytest.approx(-2 * exact[0, 1], abs=0.05)
    assert energies["energy_onsager"] == onsager_energy(0.3)


def test_exact_torus_approaches_onsagers_energy_as_it_grows():
    gaps = []
    for side in (4, 6, 8):
        recipe = dataclasses.replace(TORUS, size=side)
        _, energies = lattice_moment(recipe, "torus", 0.25, "exact", rng())
        gaps.append(abs(energies["energy_per_site"] - energies["energy_onsager"]))
    assert gaps[0] > 3 * gaps[1] > 9 * gaps[2] and gaps[2] < 2e-3


@pytest.mark.parametrize("moment", ["exact", "sampled"])
def test_tables_have_one_row_per_model(moment):
    weights, summary = ising_tables(CHAIN, "chain", 0.7, 4, moment, rng())
    assert [(row["model"], row["mask_ratio"]) for row in summary] == [("ae", 0), ("mae", 0.5)]
    assert {row["n_samples"] for row in summary} == {None if moment == "exact" else 4000}
    assert {row["size"] for row in summary} == {12}
    assert len(weights) == 2 * (12 * 3 + 12**2)


def test_torus_tables_carry_energies():
    weights, summary = ising_tables(TORUS, "torus", 0.3, 3, "exact", rng())
    assert all(row["energy_onsager"] < row["energy_per_site"] + 0.2 for row in summary)
    assert len(weights) == 2 * 36


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        ({}, ("chain", 1.0, 5, "exact"), "does not divide"),
        ({}, ("ladder", 1.0, 4, "exact"), "chain or torus"),
        ({}, ("chain", 1.0, 4, "guessed"), "exact or sampled"),
        ({"n_latents": 13}, ("chain", 1.0, 4, "exact"), "n_latents 13"),
        ({"mask_ratios": (1.0,)}, ("chain", 1.0, 4, "exact"), "mask_ratios"),
        ({"n_samples": 0}, ("chain", 1.0, 4, "sampled"), "n_samples: 0"),
        ({"size": 16}, ("torus", 1.0, 4, "exact"), "sampled"),
        ({}, ("torus", 0.4, 4, "sampled"), "n_sweeps of an Ising torus .* 300 at side 32"),
    ],
)
def test_bad_input(change, arguments, words):
    with pytest.raises(ValueError, match=words):
        ising_tables(dataclasses.replace(CHAIN, **change), *arguments, rng())
