import numpy as np
import pytest
from scipy.optimize import approx_fprime

from spatial_mae.linear.objective import enumerated_loss, minimise, objective

INDEX = np.repeat(np.arange(3), 2)


def instance(mask_ratio=0.4, n_latents=2):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((10, 6)) @ rng.standard_normal((6, 6))
    return X, objective(X.T @ X, INDEX, mask_ratio, n_latents)


@pytest.mark.parametrize("mask_ratio", [0.0, 0.3, 0.9])
def test_value_is_the_loss_over_all_masks(mask_ratio):
    X, problem = instance(mask_ratio)
    parameters = np.random.default_rng(1).standard_normal(24)
    A, B = problem.unpack(parameters)
    expected = enumerated_loss(X, INDEX, mask_ratio, A @ B)
    assert problem.value(parameters) == pytest.approx(expected, rel=1e-12)


def test_enumerated_loss_without_mask_is_the_plain_one():
    X, _ = instance()
    W = np.random.default_rng(1).standard_normal((6, 6))
    assert enumerated_loss(X, INDEX, 0.0, W) == pytest.approx(np.sum((X - X @ W) ** 2))


def test_enumerated_loss_of_two_patches_by_hand():
    X, W = np.array([[1.0, 2.0]]), np.array([[0.0, 3.0], [1.0, 0.0]])
    # hidden: none (0.36), first (0.24), second (0.24), both (0.16)
    losses = [(1 - 2) ** 2 + (2 - 3) ** 2, (1 - 2) ** 2 + 2**2, 1 + (2 - 3) ** 2, 1 + 2**2]
    expected = np.dot([0.36, 0.24, 0.24, 0.16], losses)
    assert enumerated_loss(X, [0, 1], 0.4, W) == pytest.approx(expected)


def test_gradient_and_hessian_by_finite_differences():
    _, problem = instance()
    point = np.random.default_rng(2).standard_normal(24)
    gradient = approx_fprime(point, problem.value, 1e-7)
    np.testing.assert_allclose(problem.gradient(point), gradient, rtol=1e-4, atol=1e-3)
    hessian = approx_fprime(point, problem.gradient, 1e-7)
    np.testing.assert_allclose(problem.hessian(point), hessian, rtol=1e-4, atol=1e-3)


def test_minimise_ends_where_the_gradient_vanishes():
    _, problem = instance()
    found = minimise(problem, np.random.default_rng(3))
    assert np.linalg.norm(problem.gradient(found.x)) < 1e-4 * np.linalg.norm(problem.S)
    assert found.fun < np.trace(problem.S)


@pytest.mark.parametrize(
    ("mask_ratio", "n_latents", "words"),
    [(1.0, 2, "mask ratio"), (0.5, 7, "n_latents"), (0.5, 0, "n_latents")],
)
def test_bad_input(mask_ratio, n_latents, words):
    with pytest.raises(ValueError, match=words):
        objective(np.eye(6), INDEX, mask_ratio, n_latents)
