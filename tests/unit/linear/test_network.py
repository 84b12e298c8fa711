import numpy as np
import pytest
from scipy.optimize import approx_fprime

from spatial_mae.linear.network import fit_autoencoder, reconstruction, unpack


def parameters(d=4, k=3):
    return np.random.default_rng(0).standard_normal(2 * d * k + d + k)


def test_jacobian_by_finite_differences():
    network = unpack(parameters(), 4, 3)
    X = np.random.default_rng(1).standard_normal((3, 4))
    for x, jacobian in zip(X, network.jacobian(X), strict=True):
        outputs_by_input = approx_fprime(x, lambda y: network(y[None])[0], 1e-7).T
        np.testing.assert_allclose(jacobian, outputs_by_input, atol=1e-5)


def test_gradient_by_finite_differences():
    X, point = np.random.default_rng(1).standard_normal((6, 4)), parameters()
    expected = approx_fprime(point, lambda p: reconstruction(p, X, 3)[0], 1e-7)
    np.testing.assert_allclose(reconstruction(point, X, 3)[1], expected, rtol=1e-4, atol=1e-4)


def test_fit_comes_near_the_linear_optimum_on_low_rank_data():
    rng = np.random.default_rng(0)
    X = 0.1 * rng.standard_normal((100, 2)) @ rng.standard_normal((2, 6))
    network = fit_autoencoder(X, 2, rng)
    assert np.mean((X - network(X)) ** 2) < 0.02 * np.mean(X**2)


def test_no_hidden_units():
    with pytest.raises(ValueError, match="n_hidden_units 0"):
        fit_autoencoder(np.ones((4, 2)), 0, np.random.default_rng(0))
