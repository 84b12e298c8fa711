"""Small networks and images for the tests of this folder."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder

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
