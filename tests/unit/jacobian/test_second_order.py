"""The affine part of a network's outputs: all of a linear network's, little of a product's."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from spatial_mae.jacobian.pixels import all_pixels, hidden_pixels
from spatial_mae.jacobian.second_order import affine_fit, second_order_fit

SHARES = {"validation_share": 0.2, "test_share": 0.25}


def draw(n, d, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def test_a_known_share():
    x, noise = draw(4000, 5), draw(4000, 2, 1)
    y = x @ draw(5, 2, 2) + 3
    y = y / y.std(dim=0) + noise * torch.tensor([1.0, 3.0**0.5])
    fit = affine_fit(x, y, [1e-6, 1.0], **SHARES)
    assert fit.by_output.tolist() == pytest.approx([1 / 2, 1 / 4], abs=0.04)
    assert fit.explained == pytest.approx(2 / 6, abs=0.04)
    assert fit.beyond == 1 - fit.explained
    assert fit.penalty == 1e-6
    assert (fit.n_train, fit.n_inputs) == (2200, 5)


def test_a_product_is_beyond_second_order():
    x = draw(4000, 2)
    fit = affine_fit(x, x[:, :1] * x[:, 1:], [1e-3, 1.0], **SHARES)
    assert abs(fit.explained) < 0.05


@pytest.mark.parametrize("d", [5, 60])
def test_against_scikit_learn(d):
    """More rows than inputs, and fewer: each has its own decomposition."""
    x, y = draw(80, d), draw(80, 3, 1) + draw(80, d)[:, :3]
    penalty = 0.3
    fit = affine_fit(x, y, [penalty], **SHARES)
    train = slice(0, 44)
    x, y = x.numpy(), y.numpy()
    scale = ((x[train] - x[train].mean(0)) ** 2).sum() / d
    made = Ridge(alpha=penalty * scale).fit(x[train], y[train]).predict(x[60:])
    residual = ((y[60:] - made) ** 2).sum(0) / ((y[60:] - y[train].mean(0)) ** 2).sum(0)
    assert np.allclose(fit.by_output, 1 - residual)


def test_a_heavy_penalty_is_chosen_for_few_noisy_rows():
    fit = affine_fit(draw(40, 30), draw(40, 2, 1), [1e-8, 1e3], **SHARES)
    assert fit.penalty == 1e3


def test_a_linear_network_is_affine(linear_network, images, mask, architecture):
    outputs = hidden_pixels(architecture(), mask)
    arguments = {"penalties": [1e-12], "batch_size": 64, **SHARES}
    fit = second_order_fit(linear_network(), images(400), mask, outputs, **arguments)
    assert fit.n_inputs == 96
    assert fit.explained == pytest.approx(1, abs=1e-9)


def test_many_masks(linear_network, images, mask, architecture):
    """A linear network on images of mean zero is one affine map for all masks."""
    n = 500
    masks = mask[torch.rand(n, 6, generator=torch.Generator().manual_seed(0)).argsort(dim=1)]
    some = images(n)
    some = some - some.mean(dim=0)
    model, outputs = linear_network(), all_pixels(architecture())[::7]
    fit = second_order_fit(model, some, masks, outputs, [1e-12], **SHARES)
    assert fit.n_inputs == 192
    assert fit.explained == pytest.approx(1, abs=1e-9)
    with pytest.raises(ValueError, match="masks for 500 images"):
        second_order_fit(model, some, masks[:3], outputs, [1.0], **SHARES)


def test_a_transformer_is_not_affine(network, images, mask, architecture):
    outputs = hidden_pixels(architecture(), mask)[::9]
    model = network(dtype=torch.float32)
    fit = second_order_fit(model, images(600).float(), mask, outputs, [1e-6, 1e-2], **SHARES)
    assert 0 < fit.explained < 0.999


def test_bad_input():
    x, y = draw(20, 3), draw(20, 1)
    with pytest.raises(ValueError, match="all above 0"):
        affine_fit(x, y, [0.0], **SHARES)
    with pytest.raises(ValueError, match="at least one"):
        affine_fit(x, y, [], **SHARES)
    with pytest.raises(ValueError, match="20 inputs and 19 outputs"):
        affine_fit(x, y[1:], [1.0], **SHARES)
    with pytest.raises(ValueError, match="0 to test"):
        affine_fit(x, y, [1.0], 0.2, 0.0)
