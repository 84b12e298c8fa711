"""Linear CKA: its invariances, and the estimate against its formula written out."""

import math

import pytest
import torch

from spatial_mae.evaluation.cka import linear_cka


def normal(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rotation(k):
    return torch.linalg.qr(normal(k, k, seed=9))[0]


def unbiased_hsic(x, y):
    """Song et al. (2012), Eq. 5, term by term."""
    n = len(x)
    K, L = x @ x.T, y @ y.T
    K.fill_diagonal_(0)
    L.fill_diagonal_(0)
    trace = torch.trace(K @ L)
    sums = K.sum() * L.sum() / ((n - 1) * (n - 2))
    cross = 2 / (n - 2) * (K @ L).sum()
    return (trace + sums - cross) / (n * (n - 3))


def plain(batches, i, j):
    cross = sum(unbiased_hsic(a[i], b[j]) for a, b in batches)
    own = sum(unbiased_hsic(a[i], a[i]) for a, _ in batches)
    other = sum(unbiased_hsic(b[j], b[j]) for _, b in batches)
    return (cross / math.sqrt(own * other)).item()


def mixed(n, seed):
    """Three layers of one network and two of another, of unequal widths, all related."""
    source = normal(n, 5, seed=seed)
    first = [source, source @ normal(5, 8, seed=3) + normal(n, 8, seed=seed + 50), source[:, :2]]
    return first, [source @ normal(5, 4, seed=4) + 2, normal(n, 3, seed=seed + 90)]


def test_a_layer_is_like_itself_rotated_scaled_and_moved():
    x = normal(40, 7) * torch.arange(1, 8)
    others = [x, x @ rotation(7), 3.7 * x, x + 100, -0.2 * x @ rotation(7) + 1]
    found = linear_cka([([x], others)])
    assert torch.allclose(found, torch.ones(1, 5, dtype=torch.float64), atol=1e-10)


def test_scaling_one_feature_is_a_difference():
    x = normal(60, 5)
    assert linear_cka([([x], [x * torch.tensor([9.0, 1, 1, 1, 1])])]).item() < 0.95


@pytest.mark.parametrize("n_batches", [1, 4])
def test_every_pair_by_the_formula(n_batches):
    batches = [mixed(12, seed) for seed in range(n_batches)]
    found = linear_cka(batches)
    assert found.shape == (3, 2)
    expected = [[plain(batches, i, j) for j in range(2)] for i in range(3)]
    assert torch.allclose(found, torch.tensor(expected, dtype=torch.float64), atol=1e-10)


def test_batches_estimate_what_all_images_give():
    first, second = mixed(800, 1)
    everything = linear_cka([(first, second)])
    parts = linear_cka(
        ([x[i : i + 50] for x in first], [y[i : i + 50] for y in second]) for i in range(0, 800, 50)
    )
    assert torch.allclose(parts, everything, atol=0.03)


def test_independent_features_are_unlike_without_bias():
    """The biased estimate of features as wide as the batch would be about 0.5 here."""
    batches = [([normal(32, 32, seed=s)], [normal(32, 32, seed=s + 500)]) for s in range(200)]
    assert abs(linear_cka(batches).item()) < 0.01


def test_features_that_never_vary_are_like_nothing():
    found = linear_cka([([torch.ones(8, 3), normal(8, 3)], [normal(8, 3, seed=1)])])
    assert found.isnan().tolist() == [[True], [False]]


def test_small_batches_and_none_are_refused():
    with pytest.raises(ValueError, match="batch of 3 images"):
        linear_cka([([normal(3, 2)], [normal(3, 2)])])
    with pytest.raises(ValueError, match="no batch"):
        linear_cka([])
