"""Judges of the Ising experiment on tables made so that the answer is known."""

import pytest

from spatial_mae.claims import ising
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN, SETTING, Undecidable

KEYS = {"lattice": "chain", "coupling": 1.0, "moment": "exact", "size": 32, "n_latents": 6}


def summary(model, energy, mask_ratio, **others):
    measures = {
        "boundary_energy": energy,
        "boundary_energy_weights": energy,
        "rank_influence": 6,
        "identity_error": 0.901,
        "identity_floor": 0.901,
        "sinusoid_r2": 0.95,
    }
    return {**KEYS, "patch": 8, "model": model, "mask_ratio": mask_ratio, **measures, **others}


def pair(ours, theirs=0.9, **others):
    return [summary("ae", theirs, 0.0, **others), summary("mae", ours, 0.5, **others)]


@pytest.mark.parametrize(
    ("energies", "verdict"),
    [
        ((1.5, 0.9), HOLDS),
        ((0.9, 0.5), FAILS),
        ((1.5, 1.5), FAILS),
        ((1.05, 0.9), FAILS),
    ],
)
def test_boundary_needs_more_than_average_and_more_than_the_autoencoder(energies, verdict):
    found = ising.boundary_first({"ising_summary": pair(*energies)})
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)


def test_boundary_tells_couplings_apart():
    rows = pair(1.5) + pair(0.9, coupling=0.1)
    found = ising.boundary_first({"ising_summary": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence == (
        "J 1: energy at patch boundaries above the mean and the AE's 50.0%; J 0.1: -10.0%."
    )


def test_boundary_leaves_an_unmasked_model_out():
    rows = [*pair(1.5), summary("mae", 0.9, 0.0)]
    assert ising.boundary_first({"ising_summary": rows}).verdict == HOLDS


def test_boundary_leaves_arbitrary_features_out():
    rows = pair(1.5, spectral_gap=0.1) + pair(0.9, coupling=0.1, spectral_gap=1e-12)
    torus = pair(1.5, lattice="torus", spectral_gap=1e-12)
    symmetric = ising.boundary_first({"ising_summary": torus})
    assert (symmetric.verdict, symmetric.evidence["solutions_not_unique"]) == (HOLDS, 0)
    found = ising.boundary_first({"ising_summary": rows})
    assert found.verdict == HOLDS
    assert found.evidence["solutions_not_unique"] == 2
    assert "2 of 4 solutions, not unique" in found.conditions
    assert found.data == "Ising chain"


def test_boundary_reads_both_energies():
    rows = [{**r, "boundary_energy_weights": 1.0} for r in pair(1.5)]
    found = ising.boundary_first({"ising_summary": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("measure leverage: energy at patch boundaries")
    assert found.sentence.endswith("50.0%; measure squared weights: 0.0%.")


def test_boundary_without_masked_model_is_not_run():
    rows = [summary("ae", 1.0, 0.0)]
    assert ising.boundary_first({"ising_summary": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(("rank", "verdict"), [(6, HOLDS), (5, FAILS), (7, FAILS)])
def test_rank(rank, verdict):
    rows = pair(1.5, rank_influence=rank)
    found = ising.rank_is_number_of_latents({"ising_summary": rows})
    assert found.verdict == verdict
    assert found.sentence == (
        f"One setting: difference of the rank from the number of latents {abs(rank - 6):.3f}."
    )


def test_rank_differs_between_moments():
    rows = pair(1.5) + pair(1.5, moment="sampled", rank_influence=5)
    assert ising.rank_is_number_of_latents({"ising_summary": rows}).verdict == CONDITIONAL


def test_rank_needs_six_latents():
    rows = pair(1.5, n_latents=4)
    assert ising.rank_is_number_of_latents({"ising_summary": rows}).verdict == NOT_RUN


@pytest.mark.parametrize(("error", "verdict"), [(0.901, FAILS), (0.1, HOLDS), (0.51, FAILS)])
def test_identity(error, verdict):
    rows = pair(1.5, identity_error=error)
    found = ising.close_to_identity({"ising_summary": rows})
    assert found.verdict == verdict
    assert "Margin: 0.500 (close: less than half)." in found.conditions


def test_patches_of_the_mae_do_not_multiply_the_autoencoder():
    rows = pair(1.5) + pair(1.5, patch=4)
    found = ising.close_to_identity({"ising_summary": rows})
    assert found.evidence["settings"] == 1


@pytest.mark.parametrize(("worst", "verdict"), [(0.91, HOLDS), (0.899, FAILS), (None, NOT_RUN)])
def test_sinusoids(worst, verdict):
    rows = pair(1.5, sinusoid_r2=worst)
    assert ising.sinusoidal_features({"ising_summary": rows}).verdict == verdict


def test_sinusoids_may_depend_on_the_moment():
    rows = pair(1.5) + pair(1.5, moment="sampled", sinusoid_r2=0.2)
    found = ising.sinusoidal_features({"ising_summary": rows})
    assert found.verdict == CONDITIONAL
    assert found.sentence.startswith("moment exact: smallest share of a feature's energy")
    assert "; moment sampled: 0.200." in found.sentence


EXACT_CHECKS = {
    "rank_influence": ising.rank_is_number_of_latents,
    "identity_error": ising.close_to_identity,
    "sinusoid_r2": ising.sinusoidal_features,
    "boundary_energy": ising.boundary_first,
}


@pytest.mark.parametrize("column", EXACT_CHECKS)
@pytest.mark.parametrize("place", [0, 2])
def test_a_number_that_is_none_decides_nothing(column, place):
    rows = pair(1.5) + pair(1.5)
    rows[place][column] = float("nan")
    with pytest.raises(Undecidable, match="nan"):
        EXACT_CHECKS[column]({"ising_summary": rows})


@pytest.mark.parametrize("column", EXACT_CHECKS)
def test_one_masked_model_is_no_autoencoder(column):
    assert EXACT_CHECKS[column]({"ising_summary": pair(1.5)[1:]}).verdict == NOT_RUN


@pytest.mark.parametrize(
    ("judge", "change"),
    [
        (ising.dimensions_are_the_papers, {"size": 16}),
        (ising.dimensions_are_the_papers, {"n_latents": 4}),
        (ising.dimensions_are_the_papers, {"lattice": "torus"}),
        (ising.patch_is_the_papers, {"patch": 4}),
    ],
)
def test_settings_of_the_paper(judge, change):
    found = judge({"ising_summary": pair(1.5)})
    assert (found.verdict, found.role) == (HOLDS, SETTING)
    found = judge({"ising_summary": pair(1.5, **change)})
    assert (found.verdict, found.role) == (NOT_RUN, SETTING)
    mixed = judge({"ising_summary": pair(1.5) + pair(1.5, **change)})
    assert mixed.verdict == HOLDS
    assert mixed.evidence["solutions"] == 2 * mixed.evidence["solutions_in_setting"]
