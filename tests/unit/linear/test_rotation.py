"""Turned features and redundancy gains: against definitions, brute force and finite differences."""

import numpy as np
import pytest

from spatial_mae.linear.decomposition import decompose
from spatial_mae.linear.redundancy import redundancy_gain
from spatial_mae.linear.rotation import (
    Whitening,
    check_patches,
    explained_gain,
    feature_span,
    missed_share,
    redundancy_excess,
    redundancy_matrix,
    turned_span,
)
from spatial_mae.linear.solution import solve_ae, solve_mae

INDEX = np.repeat(np.arange(3), 2)
K = 2


@pytest.fixture
def S():
    rows = np.random.default_rng(4).normal(size=(40, 6)) @ np.diag([3, 2.5, 1.5, 1.2, 0.8, 0.5])
    return rows.T @ rows / len(rows) + 0.8


def unexplained(S, A, a):
    """Error of the best linear readout of y = x a from z = x A, by least squares."""
    root = np.linalg.cholesky(S).T
    return np.linalg.lstsq(root @ A, root @ a, rcond=None)[1].sum()


@pytest.mark.parametrize("mask_ratio", [0.2, 0.9])
def test_the_exact_gain_is_that_of_fitted_readouts(S, mask_ratio):
    whitening, a = Whitening.of(S), np.random.default_rng(5).normal(size=(6, 3))
    models = [solve_ae(S, K).encoder, solve_mae(S, INDEX, mask_ratio, K).encoder]
    errors = [sum(unexplained(S, A, column) for column in a.T) for A in models]
    span, power = feature_span(whitening, models[1]), np.trace(a.T @ S @ a)
    found = explained_gain(span, whitening.targets @ a, power)
    assert found == pytest.approx((errors[0] - errors[1]) / power, abs=1e-12)
    assert abs(found) > 1e-4


def test_both_maps_of_targets_agree_on_functionals(S):
    whitening, a = Whitening.of(S), np.random.default_rng(5).normal(size=6)
    np.testing.assert_allclose(whitening.crosses @ (S @ a), whitening.targets @ a, atol=1e-12)


def test_the_missed_share_is_the_error_of_the_autoencoder(S):
    whitening, a = Whitening.of(S), np.random.default_rng(5).normal(size=(6, 1))
    power = (a.T @ S @ a).item()
    expected = unexplained(S, solve_ae(S, K).encoder, a[:, 0]) / power
    assert missed_share(K, whitening.targets @ a, power) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("mask_ratio", [0.25, 0.75])
def test_redundancy_gains_are_the_eigenvalues(S, mask_ratio):
    decomposition = decompose(S, INDEX)
    matrix = redundancy_matrix(Whitening.of(S), decomposition, mask_ratio)
    counts = decomposition.parts[0].values
    expected = [redundancy_gain(mask_ratio, 3) if t == 3 else _gain(mask_ratio, t) for t in counts]
    np.testing.assert_allclose(np.linalg.eigvalsh(matrix), sorted(expected), rtol=1e-9)
    assert max(expected) <= redundancy_gain(mask_ratio, 3) + 1e-12


def _gain(mask_ratio, t):
    """1 / (1 - m + m/t) for any t."""
    return 1 / (1 - mask_ratio + mask_ratio / t)


def test_nothing_hidden_turns_nothing(S):
    whitening = Whitening.of(S)
    matrix = redundancy_matrix(whitening, decompose(S, INDEX), 0.0)
    np.testing.assert_allclose(matrix, np.eye(6), atol=1e-12)
    span, w = turned_span(whitening, matrix, K), np.random.default_rng(0).normal(size=(6, 1))
    assert explained_gain(span, w, 1.0) == pytest.approx(0, abs=1e-12)
    assert redundancy_excess(whitening, matrix, K, w @ w.T) == pytest.approx(0, abs=1e-12)


def test_the_turn_is_exact_to_first_order(S):
    """Halving the mask ratio quarters the distance of the turned from the true features."""
    whitening, decomposition = Whitening.of(S), decompose(S, INDEX)

    def distance(m):
        true = feature_span(whitening, solve_mae(S, INDEX, m, K).encoder)
        turned = turned_span(whitening, redundancy_matrix(whitening, decomposition, m), K)
        return np.linalg.norm(true @ true.T - turned @ turned.T)

    assert distance(0.01) / distance(0.005) == pytest.approx(4, rel=0.05)
    assert distance(0.005) < 0.1 * np.linalg.norm(_projector_change(S, whitening, 0.005))


def _projector_change(S, whitening, m):
    true = feature_span(whitening, solve_mae(S, INDEX, m, K).encoder)
    return true @ true.T - np.diag([1.0] * K + [0.0] * 4)


def test_a_shared_target_is_the_most_redundant(S):
    shared, local = np.ones((6, 1)), np.eye(6)[:, :1]
    whitening = Whitening.of(S)
    matrix = redundancy_matrix(whitening, decompose(S, INDEX), 0.5)
    found = [whitening.targets @ a for a in (shared, local)]
    excess = [redundancy_excess(whitening, matrix, K, w @ w.T) for w in found]
    assert excess[0] > excess[1]


@pytest.mark.parametrize("n_latents", [0, 6, 7])
def test_all_directions_or_none_are_refused(S, n_latents):
    with pytest.raises(ValueError, match=f"n_latents = {n_latents}: expected 1 to 5"):
        turned_span(Whitening.of(S), np.eye(6), n_latents)


def test_features_that_are_not_unique_are_refused():
    with pytest.raises(ValueError, match="eigenvalues 2 and 3 of S are equal"):
        turned_span(Whitening.of(np.diag([3.0, 2.0, 2.0, 1.0])), np.eye(4), 2)


def test_singular_moments_are_refused():
    with pytest.raises(ValueError, match="S is singular"):
        Whitening.of(np.diag([1.0, 1.0, 0.0]))


def test_one_patch_is_refused(S):
    with pytest.raises(ValueError, match="one patch holds the whole image"):
        redundancy_matrix(Whitening.of(S), decompose(S, np.zeros(6, int)), 0.5)
    check_patches(2)
