"""Parameters and FLOPs, against the networks themselves and torch's own counter."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from spatial_mae.estimate.sizes import parameters, training_flops
from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.vit import VisionTransformer

IMAGES = 5


def sizes(decoder_depth: int, class_token: bool = True, mlp_ratio: float = 2.0) -> Architecture:
    return Architecture(
        8, 8, 3, 2, 1, 3, decoder_depth, Backbone(16, 2, 8, 2, mlp_ratio, class_token)
    )


def counted(call) -> float:
    """FLOPs per image of a call, as torch counts them."""
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / IMAGES


@pytest.mark.parametrize("class_token", [True, False])
@pytest.mark.parametrize("mlp_ratio", [2.0, 1.3])
@pytest.mark.parametrize(("depth", "network"), [(0, VisionTransformer), (2, MaskedAutoencoder)])
def test_parameters_are_those_of_the_network(depth, network, class_token, mlp_ratio):
    architecture = sizes(depth, class_token, mlp_ratio)
    expected = sum(p.numel() for p in network(architecture).parameters())
    assert parameters(architecture) == expected


@pytest.mark.parametrize(("trained", "blocks"), [(3, None), (3, 3), (1, 1), (2, 2)])
def test_a_classifier_s_step_asks_for_what_torch_counts(trained, blocks):
    network = VisionTransformer(sizes(0)).requires_grad_(trained == 3)
    network.blocks[3 - trained :].requires_grad_(True)
    images = torch.rand(IMAGES, 3, 8, 8)
    # Torch counts attention's backward with what it computes again, and none into the images.
    step = counted(lambda: network(images).sum().backward())
    assert training_flops(sizes(0), 0.0, blocks) == pytest.approx(step, rel=0.05)


def test_a_head_alone_costs_the_forward_pass():
    images = torch.rand(IMAGES, 3, 8, 8)
    forward = counted(lambda: VisionTransformer(sizes(0))(images))
    assert training_flops(sizes(0), 0.0, 0) == forward


def test_an_autoencoder_s_step_asks_for_what_torch_counts():
    network, masks = MaskedAutoencoder(sizes(2)), torch.zeros(IMAGES, 16, dtype=torch.bool)
    masks[:, :8] = True
    # Its last block skips what no loss reads, about a twentieth here.
    step = counted(lambda: network.loss(torch.rand(IMAGES, 3, 8, 8), masks).backward())
    assert training_flops(sizes(2), 0.5) == pytest.approx(step, rel=0.1)
