"""Small networks and images for the tests of this folder."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.positions import sin_cos_positions

BACKBONE = Backbone(
    width=32,
    encoder_heads=4,
    decoder_width=16,
    decoder_heads=2,
    mlp_ratio=4.0,
    class_token=True,
)
SMALL = Architecture(
    height=16,
    width_pixels=16,
    channels=3,
    patch_size=4,
    unit=1,
    encoder_depth=3,
    decoder_depth=2,
    backbone=BACKBONE,
)


@pytest.fixture
def architecture() -> Callable[..., Architecture]:
    """The small architecture, with fields of it or of its backbone changed."""

    def build(**changes) -> Architecture:
        own = {name: changes.pop(name) for name in list(changes) if name in vars(SMALL)}
        return replace(SMALL, **own, backbone=replace(BACKBONE, **changes))

    return build


@pytest.fixture
def autoencoder(architecture) -> Callable[..., MaskedAutoencoder]:
    """A small network with no parameter at zero, so that a lost term or bias shows."""

    def build(**changes) -> MaskedAutoencoder:
        generator = torch.Generator().manual_seed(0)
        sizes = architecture(**changes)
        mean = torch.linspace(0.4, 0.5, sizes.channels)
        model = MaskedAutoencoder(sizes, mean, mean / 2, generator)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
        return model

    return build


@pytest.fixture
def images() -> Callable[..., torch.Tensor]:
    """Seeded random images (n, C, H, W) in [0, 1] of an architecture's size."""

    def build(sizes: Architecture, n: int = 4, seed: int = 1) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        shape = (n, sizes.channels, sizes.height, sizes.width_pixels)
        return torch.rand(shape, generator=generator)

    return build


VIT_MAE = {
    "image_size": 16,
    "patch_size": 4,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "decoder_hidden_size": 16,
    "decoder_num_hidden_layers": 2,
    "decoder_num_attention_heads": 2,
    "decoder_intermediate_size": 32,
}
# Not the one of our own networks, and large enough to be seen in float32.
EPSILON = 1e-3


@pytest.fixture
def vit_mae() -> Callable:
    """transformers' network, no parameter at its starting value, with He et al.'s positions."""

    def build(**changes):
        from transformers import ViTMAEConfig, ViTMAEForPreTraining

        torch.manual_seed(0)
        model = ViTMAEForPreTraining(
            ViTMAEConfig(**{"layer_norm_eps": EPSILON, "mask_ratio": 0.5} | VIT_MAE | changes)
        )
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
            for positions in (
                model.vit.embeddings.position_embeddings,
                model.decoder.decoder_pos_embed,
            ):
                side = round((positions.shape[1] - 1) ** 0.5)
                positions[0, 0] = 0
                positions[0, 1:] = sin_cos_positions(side, side, positions.shape[2])
        return model.eval()

    return build


@pytest.fixture
def same_answer(images) -> Callable:
    """Assert that transformers' network and ours predict the same."""

    def check(theirs, ours) -> None:
        batch = images(ours.architecture)
        masks = draw_masks(
            torch.Generator().manual_seed(3), len(batch), ours.architecture, 0.5, "exact"
        )
        with torch.no_grad():
            answer = theirs(ours.encoder.standardise(batch), noise=masks.float())
            found = ours(batch, masks)
        assert torch.equal(answer.mask.bool(), masks)
        torch.testing.assert_close(found, answer.logits, rtol=0, atol=1e-5)

    return check
