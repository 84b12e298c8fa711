import numpy as np
import pytest
from scipy.linalg import solve

from spatial_mae.linear.ising import ising_chain_moment, torus_correlation, torus_moment
from spatial_mae.linear.ising_features import (
    boundary_energy,
    identity_error,
    patch_boundary,
    sinusoid_fit,
    site_leverage,
    solve_lattice,
    summary_row,
    weight_rows,
)
from spatial_mae.masks.patches import patch_index


def chain(mask_ratios=(0.5,), n_latents=6, coupling=1.0):
    index = patch_index(1, 32, 8)
    return solve_lattice(ising_chain_moment(32, coupling), index, mask_ratios, n_latents)


def test_boundary_of_a_chain_leaves_its_ends_out():
    boundary = patch_boundary("chain", 12, 4)
    assert np.flatnonzero(boundary).tolist() == [3, 4, 7, 8]


def test_boundary_of_a_torus_is_each_patch_edge():
    boundary = patch_boundary("torus", 8, 4).reshape(8, 8)
    edge = np.isin(np.arange(8), [0, 3, 4, 7])
    np.testing.assert_array_equal(boundary, edge[:, None] | edge)


@pytest.mark.parametrize(("lattice", "size", "patch"), [("chain", 8, 8), ("torus", 8, 2)])
def test_boundary_needs_an_interior(lattice, size, patch):
    with pytest.raises(ValueError, match="patch size"):
        patch_boundary(lattice, size, patch)


def test_unknown_lattice():
    with pytest.raises(ValueError, match="chain or torus"):
        patch_boundary("cube", 8, 4)


def test_leverage_is_the_projectors_diagonal_for_every_basis():
    rng = np.random.default_rng(0)
    encoder, mixing = rng.standard_normal((9, 3)), rng.standard_normal((3, 3))
    projector = encoder @ solve(encoder.T @ encoder, encoder.T)
    np.testing.assert_allclose(site_leverage(encoder), np.diag(projector), atol=1e-12)
    np.testing.assert_allclose(site_leverage(encoder @ mixing), np.diag(projector), atol=1e-11)


def test_boundary_energy_of_a_flat_profile_is_one():
    boundary = np.array([True, False, False, True])
    assert boundary_energy(np.full(4, 0.3), boundary) == pytest.approx(1)
    assert boundary_energy([1, 0, 0, 1], boundary) == pytest.approx(2)


def test_identity_error_of_a_projector_is_the_floor():
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((10, 4)))[0]
    assert identity_error(basis @ basis.T) == pytest.approx(np.sqrt(0.6))


def test_sinusoid_fit_is_one_for_sinusoids_and_low_for_a_spike():
    places = np.arange(32)
    for frequency in (0.013, 0.7, 2.9):
        assert sinusoid_fit(np.cos(frequency * places + 0.4)) == pytest.approx(1, abs=1e-9)
    assert sinusoid_fit(places == 11) < 0.1


def test_sinusoid_fit_is_no_worse_than_least_squares_at_any_frequency():
    column = np.random.default_rng(1).standard_normal(16)
    places = np.arange(16)
    for frequency in np.linspace(0.05, 3.1, 200):
        waves = np.stack([np.cos(frequency * places), np.sin(frequency * places)], axis=1)
        left = np.linalg.lstsq(waves, column)[1][0]
        assert sinusoid_fit(column) >= 1 - left / (column @ column) - 1e-9


def test_autoencoder_of_the_chain_has_sinusoids_and_no_boundary():
    row = summary_row(chain()[0], "chain", patch_boundary("chain", 32, 8))
    assert row["model"] == "ae" and row["rank_influence"] == 6
    assert row["sinusoid_r2"] > 0.999
    assert row["identity_error"] == pytest.approx(row["identity_floor"])
    assert row["boundary_energy"] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("coupling", [0.1, 0.5, 1.0, 2.0])
def test_boundary_energy_grows_with_the_mask_ratio(coupling):
    boundary = patch_boundary("chain", 32, 8)
    solved = chain((0.1, 0.25, 0.5, 0.75, 0.9), coupling=coupling)
    energies = [summary_row(one, "chain", boundary)["boundary_energy"] for one in solved]
    assert np.all(np.diff(energies) > 0)
    limit = summary_row(solved[0], "chain", boundary)["boundary_energy_limit"]
    assert energies[-1] < limit


def test_autoencoder_of_a_torus_has_even_leverage_at_full_shells():
    S = torus_moment(torus_correlation(8, 0.4))
    solved = solve_lattice(S, patch_index(8, 8, 4), (0.75,), 9)
    boundary = patch_boundary("torus", 8, 4)
    plain, masked = (summary_row(one, "torus", boundary) for one in solved)
    assert plain["boundary_energy"] == pytest.approx(1)
    assert masked["boundary_energy"] > 1.05
    assert plain["sinusoid_r2"] is None and plain["spectral_gap"] > 1e-3


def test_weight_rows_hold_the_matrices():
    solved = chain(n_latents=2)[1]
    rows = weight_rows(solved, "chain")
    encoder = [row for row in rows if row["quantity"] == "encoder"]
    assert len(encoder) == 64 and len(rows) == 64 + 32**2
    assert {row["mask_ratio"] for row in rows} == {0.5}
    value = next(row["value"] for row in encoder if (row["row"], row["column"]) == (5, 1))
    assert value == solved.solution.encoder[5, 1]


def test_site_energy_of_a_torus_is_a_map():
    S = torus_moment(torus_correlation(4, 0.4)) + 0.1 * np.eye(16)
    rows = weight_rows(solve_lattice(S, patch_index(4, 4, 2), (0.5,), 3)[1], "torus")
    assert {row["quantity"] for row in rows} == {"site_energy"}
    assert len(rows) == 16 and sum(row["value"] for row in rows) == pytest.approx(3)
