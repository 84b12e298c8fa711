import dataclasses

import numpy as np
import pytest

from spatial_mae.linear.network import Network, unpack
from spatial_mae.linear.taylor import (
    TaylorRecipe,
    enumerated_losses,
    predicted_at_input,
    predicted_at_mean,
    sampled_losses,
    taylor_rows,
)

RECIPE = TaylorRecipe(
    n_pixels=8,
    patch_size=2,
    n_hidden_units=6,
    mask_ratios=(0.1, 0.5, 0.9),
    input_scales=(0.01, 1.0, 5.0),
    n_samples=60,
    n_masks=50,
)
INDEX = np.repeat(np.arange(3), 2)
LEMMAS = [predicted_at_mean, predicted_at_input]


def network(linear=False):
    fitted = unpack(np.random.default_rng(0).standard_normal(2 * 6 * 4 + 10), 6, 4)
    return dataclasses.replace(fitted, linear=linear)


def signals(n=5):
    return np.random.default_rng(1).standard_normal((n, 6))


def errors(rows, lemma, scale):
    chosen = [r for r in rows if (r["lemma"], r["input_scale"]) == (lemma, scale)]
    return [abs(r["predicted"] / r["measured"] - 1) for r in chosen]


@pytest.fixture(scope="module")
def rows():
    return taylor_rows(RECIPE, np.random.default_rng(0))


@pytest.mark.parametrize("predict", LEMMAS)
@pytest.mark.parametrize("mask_ratio", [0.0, 0.2, 0.5, 0.95])
def test_exact_for_a_linear_network(predict, mask_ratio):
    exact = enumerated_losses(network(linear=True), signals(), INDEX, [mask_ratio])[0]
    found = predict(network(linear=True), signals(), INDEX, mask_ratio)
    np.testing.assert_allclose(found, exact, rtol=1e-11)


@pytest.mark.parametrize("predict", LEMMAS)
def test_exact_without_mask(predict):
    plain = np.sum((signals() - network()(signals())) ** 2, axis=1)
    np.testing.assert_allclose(predict(network(), signals(), INDEX, 0.0), plain)


def test_the_variance_is_the_trace_in_the_lemma():
    x, m = signals(1), 0.3
    J = network().jacobian(0.7 * x)[0]
    within = np.where(INDEX[:, None] == INDEX, np.outer(x[0], x[0]), 0)
    expected = np.sum((x - network()(0.7 * x)) ** 2) + m * (1 - m) * np.trace(J.T @ within @ J)
    assert predicted_at_mean(network(), x, INDEX, m)[0] == pytest.approx(expected)


@pytest.mark.parametrize("predict", LEMMAS)
def test_the_error_is_of_fourth_order_in_the_input(predict):
    """tanh has no second derivative at 0, so the neglected terms of h are of third order."""
    plain = Network(network().encoder, np.zeros(4), network().decoder, np.zeros(6))
    gaps = []
    for scale in (0.01, 0.02):
        x = scale * signals()
        exact = enumerated_losses(plain, x, INDEX, [0.4])[0]
        gaps.append(np.abs(predict(plain, x, INDEX, 0.4) - exact).sum())
    assert gaps[1] / gaps[0] == pytest.approx(16, rel=0.05)


def test_sampled_losses_agree_with_the_enumeration():
    exact = enumerated_losses(network(), signals(), INDEX, [0.3])[0]
    draws = sampled_losses(network(), signals(), INDEX, 0.3, 4000, np.random.default_rng(0))
    error = draws.std(axis=0) / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(axis=0) - exact) < 4 * error)


def test_enumerated_loss_by_hand():
    identity = Network(np.eye(2), np.zeros(2), np.eye(2), np.zeros(2), linear=True)
    x = np.array([[3.0, 4.0]])
    assert enumerated_losses(identity, x, [0, 1], [0.25])[0, 0] == pytest.approx(0.25 * 25)


def test_table_has_both_lemmas_at_each_setting(rows):
    assert len(rows) == 2 * 3 * 3
    assert {row["n_masks"] for row in rows} == {16}
    assert {row["standard_error"] for row in rows} == {0.0}


def test_small_inputs_are_predicted_well_large_ones_are_not(rows):
    assert max(errors(rows, 4, 0.01) + errors(rows, 5, 0.01)) < 1e-3
    assert max(errors(rows, 5, 5.0)) > 0.05


def test_expansion_at_the_input_worsens_with_the_mask_ratio(rows):
    assert np.all(np.diff(errors(rows, 5, 5.0)) > 0)


def test_many_patches_are_sampled():
    recipe = dataclasses.replace(
        RECIPE, n_pixels=13, patch_size=1, mask_ratios=(0.5,), input_scales=(1.0,), n_samples=10
    )
    for row in taylor_rows(recipe, np.random.default_rng(0)):
        assert row["n_masks"] == 50 and row["standard_error"] > 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"patch_size": 3}, "does not divide"),
        ({"mask_ratios": (1.0,)}, "mask_ratios"),
        ({"input_scales": (0.0,)}, "above 0"),
        ({"n_samples": 1}, "n_samples: 1"),
        ({"n_hidden_units": 0}, "n_hidden_units"),
    ],
)
def test_bad_input(change, words):
    with pytest.raises(ValueError, match=words):
        taylor_rows(dataclasses.replace(RECIPE, **change), np.random.default_rng(0))
