import numpy as np
import pytest

from spatial_mae.linear import closed_form_checks, lemmas, signal_checks
from spatial_mae.linear.instance import LemmaRecipe, random_instance
from spatial_mae.linear.ising import ising_chain_moment
from spatial_mae.linear.lemmas import lemma_rows
from spatial_mae.linear.redundancy import redundancy_gain

RECIPE = LemmaRecipe(n_patches=3, patch_size=2, n_latents=2, n_restarts=4)


@pytest.fixture(scope="module")
def values():
    rows = lemma_rows(RECIPE, np.random.default_rng(0))
    assert all(row["n"] >= 1 for row in rows)
    return {(row["check"], row["quantity"]): row["value"] for row in rows}


def test_instance_has_the_correlations_of_a_chain():
    instances = [random_instance(RECIPE, np.random.default_rng(seed)) for seed in range(200)]
    correlations = np.mean([np.corrcoef(instance.X.T) for instance in instances], axis=0)
    np.testing.assert_allclose(correlations, ising_chain_moment(6, 1.0), atol=0.06)


def test_each_check_has_numbers(values):
    assert {check for check, _ in values} == set(lemmas.CHECKS)
    assert np.all(np.isfinite(list(values.values())))


@pytest.mark.parametrize(
    ("check", "quantity"),
    [
        ("L1.objective", "max_relative_error"),
        ("L1.m0_is_AE", "objective_error"),
        ("L1.m0_is_AE", "influence_error"),
        ("R1", "max_influence_difference"),
        ("L6", "max_bias_error"),
        ("L6", "max_variance_error"),
        ("L6", "max_loss_error"),
        ("ising.corr", "max_error_open_chain"),
        ("ising.corr", "max_error_ring_formula"),
        ("poster.jac", "max_relative_error"),
        ("poster.redundant", "max_shared_gain_error"),
        ("poster.redundant", "max_local_gain_error"),
        ("psd.grating", "max_expected_power_on_lines"),
        ("psd.grating", "max_sampled_power_on_lines"),
    ],
)
def test_what_is_exact_is_exact(values, check, quantity):
    assert abs(values[check, quantity]) < 1e-10


def test_what_must_differ_differs(values):
    assert values["R1", "min_influence_difference_with_correlations"] > 1e-2
    assert values["T1", "min_excess_of_variance_features"] > 1e-6
    assert values["ising.corr", "ring_deviation_J_1"] > 1e-2
    assert values["poster.redundant", "max_ae_overlap_with_shared"] < 1e-10
    assert values["poster.redundant", "min_mae_overlap_with_shared"] > 1 - 1e-10


def test_searches_reach_the_closed_form(values):
    assert abs(values["T1", "min_relative_gap"]) < 1e-12
    assert values["AE.nolocal", "share_at_minimum"] == 1
    assert values["AE.nolocal", "n_minima"] == values["L2.count", "n_minima"] == 1
    assert values["L2.count", "n_critical_points"] == 15


def test_masking_zeroes_no_frequency(values):
    kept = values["psd.zeroing", "min_share_kept"]
    assert values["psd.zeroing", "min_expected_ratio"] > kept > 0.4
    assert values["psd.zeroing", "min_expected_ratio_over_share_kept"] >= 1
    assert values["psd.grating", "min_image_ratio_on_lines"] > 0.6


def test_rank_is_the_number_of_latents(values):
    assert values["ising.rank", "min_rank"] == values["ising.rank", "max_rank"] == 2


def test_an_error_in_lemma_1_would_show(monkeypatch):
    plain = closed_form_checks.enumerated_loss
    monkeypatch.setattr(
        closed_form_checks, "enumerated_loss", lambda X, i, m, W: plain(X, i, m * 0.99, W)
    )
    instance = random_instance(RECIPE, np.random.default_rng(0))
    numbers, _ = closed_form_checks.check_objective(instance, np.random.default_rng(0))
    assert numbers["max_relative_error"] > 1e-4


def test_redundant_moment_has_the_variances_it_states():
    S, shared = closed_form_checks.redundant_moment(4, 3, 1.3, np.random.default_rng(0))
    assert shared @ S @ shared == pytest.approx(1)
    assert shared @ shared == pytest.approx(1)
    top = np.linalg.eigvalsh(S)[::-1]
    assert top[0] == pytest.approx(1.3) and top[1] == pytest.approx(1) and top[2] < 0.51


def test_gain_by_the_quotient_of_quadratic_forms():
    S, shared = closed_form_checks.redundant_moment(4, 3, 1.0, np.random.default_rng(0))
    same = np.kron(np.eye(4), np.ones((3, 3)))
    V = S * np.where(same, 1, 0.25)
    image = S @ shared
    gain = image @ np.linalg.solve(V, image) / (shared @ image)
    assert redundancy_gain(0.75, 4) == pytest.approx(gain)


def test_spectrum_is_positive_and_falls_with_frequency():
    spectrum = signal_checks.inverse_square_spectrum(16)
    assert spectrum.min() > 0 and spectrum.mean() == pytest.approx(1)
    assert spectrum[0, 1] == pytest.approx(4 * spectrum[0, 2])


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ((13, 2, 2, 3), "n_patches: 13"),
        ((1, 2, 1, 3), "n_patches: 1"),
        ((3, 1, 2, 3), "patch_size: 1"),
        ((3, 2, 6, 3), "n_latents"),
        ((3, 2, 2, 0), "n_restarts"),
        ((12, 3, 12, 1), "critical points"),
    ],
)
def test_bad_input(sizes, words):
    with pytest.raises(ValueError, match=words):
        lemma_rows(LemmaRecipe(*sizes), np.random.default_rng(0))
