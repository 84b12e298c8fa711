"""Products by oneDNN, and those of bfloat16 in float32, against PyTorch's own in float64."""

import pytest
import torch

from spatial_mae.models import precision
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.products import linear

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="built without oneDNN"
)


def parts(inputs, outputs, dtype=torch.float32):
    generator = torch.Generator().manual_seed(0)
    shapes = (3, 11, inputs), (outputs, inputs), (outputs,)
    return [torch.randn(shape, generator=generator).to(dtype).requires_grad_() for shape in shapes]


def gradients(found, of):
    return torch.autograd.grad(found.square().sum() / 2, of)


@pytest.mark.parametrize(("inputs", "outputs"), [(7, 20), (20, 7), (16, 16), (1, 3)])
def test_a_layer_and_its_gradients_are_those_of_float64(inputs, outputs):
    ours, exact = parts(inputs, outputs), parts(inputs, outputs, torch.float64)
    found, expected = linear(*ours, "onednn"), linear(*exact)
    torch.testing.assert_close(found, expected, check_dtype=False, rtol=1e-5, atol=1e-5)
    pairs = zip(gradients(found, ours), gradients(expected, exact), strict=True)
    for gradient, wanted in pairs:
        torch.testing.assert_close(gradient, wanted, check_dtype=False, rtol=1e-4, atol=1e-4)


def test_slices_and_expanded_gradients_are_read_as_they_are():
    tokens, weight, bias = parts(8, 5)
    sliced = tokens[:, 3:]
    found = linear(sliced, weight, bias, "onednn")
    torch.testing.assert_close(found, linear(sliced, weight, bias), rtol=1e-5, atol=1e-5)
    (gradient,) = torch.autograd.grad(found.sum(), weight)
    torch.testing.assert_close(gradient, sliced.sum(dim=(0, 1)).expand(5, 8), rtol=1e-4, atol=1e-4)


def test_what_is_frozen_gets_no_gradient():
    tokens, weight, bias = parts(8, 5)
    linear(tokens.detach(), weight.detach(), bias, "onednn").sum().backward()
    assert weight.grad is None and bias.grad is not None


@pytest.mark.parametrize(("inputs", "outputs"), [(7, 20), (16, 16), (1, 3)])
def test_bfloat16_multiplied_in_float32_is_rounded_once(inputs, outputs):
    ours = parts(inputs, outputs, torch.bfloat16)
    exact = [part.detach().double().requires_grad_() for part in ours]
    found, expected = linear(*ours, "float32"), linear(*exact)
    given = torch.ones_like(found) / 3
    found_gradients = torch.autograd.grad(found, ours, given)
    wanted = torch.autograd.grad(expected, exact, given.double())
    for ours, right in zip((found, *found_gradients), (expected, *wanted), strict=True):
        assert ours.dtype == torch.bfloat16
        torch.testing.assert_close(ours, right.bfloat16(), rtol=2**-7, atol=1e-6)


def test_in_float32_what_is_frozen_gets_no_gradient():
    tokens, weight, bias = parts(8, 5, torch.bfloat16)
    linear(tokens.detach(), weight.detach(), bias, "float32").sum().backward()
    assert weight.grad is None and bias.grad is not None


def test_attention_avoids_bfloat16_with_the_layers(autoencoder):
    model = autoencoder()
    blocks = [block.attention for block in (*model.encoder.blocks, *model.decoder.blocks)]
    precision.use(model, "bfloat16", products="float32")
    assert {block.way for block in blocks} == {"float32"}
    precision.use(model, "bfloat16", {"encoder": "tiled"}, "float32")
    assert {block.way for block in blocks} == {"tiled", "float32"}
    precision.use(model, "bfloat16")
    assert {block.way for block in blocks} == {"auto"}


def test_a_step_of_bfloat16_in_float32_is_that_of_bfloat16(autoencoder, images):
    model = autoencoder()
    batch = images(model.architecture)
    masks = draw_masks(
        torch.Generator().manual_seed(0), len(batch), model.architecture, 0.5, "exact"
    )
    results = {}
    for products in ("float32", "usual"):
        precision.use(model, "bfloat16", products=products)
        loss = model.loss(batch, masks)
        results[products] = loss, torch.autograd.grad(loss, list(model.parameters()))
    (ours, gradients), (usual, expected) = results.values()
    torch.testing.assert_close(ours, usual, rtol=2**-7, atol=0)
    for gradient, wanted in zip(gradients, expected, strict=True):
        assert gradient.dtype == torch.float32
        assert (gradient - wanted).norm() <= 0.03 * wanted.norm() + 1e-6


@pytest.mark.parametrize("sampling", ["exact", "bernoulli"])
@pytest.mark.parametrize(
    "options", [{}, {"loss_on": "all"}, {"boundary_width": 1}, {"normalise_targets": True}]
)
@pytest.mark.parametrize("changes", [{}, {"decoder_depth": 1}, {"unit": 2}, {"class_token": False}])
def test_the_loss_and_all_gradients_are_those_of_float64(
    autoencoder, images, changes, options, sampling
):
    model = autoencoder(**changes)
    batch = images(model.architecture)
    masks = draw_masks(
        torch.Generator().manual_seed(0), len(batch), model.architecture, 0.5, sampling
    )
    results = []
    for products in ("onednn", "usual"):
        precision.use(model, "float32", products=products)
        if products == "usual":
            model, batch = model.double(), batch.double()
            model.encoder.compute_dtype = torch.float64
        loss = model.loss(batch, masks, **options)
        results.append((loss, torch.autograd.grad(loss, list(model.parameters()))))
    (ours, rounded), (loss, exact) = results
    torch.testing.assert_close(ours, loss, check_dtype=False, rtol=1e-5, atol=0)
    for gradient, wanted in zip(rounded, exact, strict=True):
        assert gradient.dtype == torch.float32
        assert (gradient - wanted).norm() <= 1e-4 * wanted.norm() + 1e-7
