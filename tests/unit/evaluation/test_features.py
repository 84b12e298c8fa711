"""Features of a frozen encoder, image by image and token by token."""

import pytest
import torch

from spatial_mae.choices import PINS
from spatial_mae.evaluation.features import features, freeze, layer_features
from spatial_mae.models.layers import Linear
from spatial_mae.models.products import product_ways


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(3)
    return torch.randint(256, (7, 3, 8, 12), generator=generator, dtype=torch.uint8)


@pytest.fixture
def encoder(model):
    encoder = model().encoder
    freeze(encoder)
    return encoder


def test_every_representation_as_the_forward_pass_gives_it(encoder, images):
    found = features(encoder, images, ("class_token", "mean", "blocks"), batch_size=3)
    assert list(found) == [("class_token", None), ("mean", None), ("block", 1), ("block", 2)]
    tokens = encoder(images / 255)
    layers = encoder.layers(images / 255)
    expected = [tokens[:, 0], tokens[:, 1:].mean(1)] + [x[:, 1:].mean(1) for x in layers[1:]]
    for values, oracle in zip(found.values(), expected, strict=True):
        assert values.dtype == torch.float32
        assert torch.allclose(values, oracle, atol=1e-5)


def test_without_a_class_token_all_tokens_are_patches(model, architecture, images):
    encoder = model(architecture(class_token=False)).encoder
    freeze(encoder)
    found = features(encoder, images, ("mean",))
    assert list(found) == [("mean", None)]
    assert torch.allclose(found["mean", None], encoder(images / 255).mean(1), atol=1e-5)
    with pytest.raises(ValueError, match="no class token"):
        features(encoder, images, ("class_token",))


@pytest.mark.parametrize("way", product_ways(torch.float32))
def test_products_are_those_chosen_for_this_machine(model, images, monkeypatch, way):
    encoder = model().encoder
    expected = encoder(images / 255)[:, 1:].mean(1)
    monkeypatch.setenv(PINS, f"products={way}")
    freeze(encoder)
    assert {layer.way for layer in encoder.modules() if isinstance(layer, Linear)} == {way}
    found = features(encoder, images, ("mean",))["mean", None]
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("tokens", ["mean", "class_token"])
def test_layers_are_the_blocks(encoder, images, tokens):
    found = layer_features(encoder, images, tokens)
    layers = encoder.layers(images / 255)[1:]
    expected = [x[:, 0] if tokens == "class_token" else x[:, 1:].mean(1) for x in layers]
    assert len(found) == 2
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(found, expected, strict=True))


def test_an_encoder_that_could_change_is_refused(encoder, images):
    encoder.train()
    with pytest.raises(ValueError, match="not frozen"):
        features(encoder, images, ("mean",))
    freeze(encoder)
    encoder.norm.weight.requires_grad_(True)
    with pytest.raises(ValueError, match="not frozen"):
        layer_features(encoder, images, "mean")
    freeze(encoder)
    assert not features(encoder, images, ("mean",))["mean", None].requires_grad
