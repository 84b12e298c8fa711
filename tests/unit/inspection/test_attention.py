"""Attention weights against the network's own attention, and their measures in closed form."""

import math

import pytest
import torch

from spatial_mae.inspection.attention import (
    attention_weights,
    entropy,
    kept,
    over_patches,
    patch_distances,
)


def test_weights_read_the_values_as_the_block_does(model):
    block = model().encoder.blocks[1]
    tokens = torch.randn(3, 7, 16, generator=torch.Generator().manual_seed(0))
    weights = attention_weights(block, tokens)
    assert weights.shape == (3, 2, 7, 7)
    assert torch.allclose(weights.sum(dim=-1), torch.ones(3, 2, 7), atol=1e-6)
    normed = block.attention_norm(tokens)
    values = block.attention.qkv(normed)[..., 32:].reshape(3, 7, 2, 8).transpose(1, 2)
    read = (weights @ values).transpose(1, 2).reshape(3, 7, 16)
    assert torch.allclose(block.attention.projection(read), block.attention(normed), atol=1e-5)


def test_weights_on_patches_sum_to_one_without_the_class_token():
    shares = over_patches(torch.tensor([[0.5, 0.2, 0.3]]), 1)
    assert torch.allclose(shares, torch.tensor([[0.4, 0.6]]))
    assert torch.equal(over_patches(shares, 0), shares)


def test_entropy_goes_from_one_patch_to_all():
    shares = torch.tensor([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4])
    assert entropy(shares).tolist() == pytest.approx([0, math.log(2), math.log(4)])


def test_distances_are_between_centres_in_pixels(model):
    distances = patch_distances(model().architecture)  # 2 x 3 patches of 4 pixels
    assert distances.shape == (6, 6)
    assert distances[0].tolist() == pytest.approx([0, 4, 8, 4, 4 * 2**0.5, math.hypot(4, 8)])


def test_the_fewest_patches_that_hold_the_mass_are_kept():
    shares = torch.tensor([0.1, 0.5, 0.05, 0.35])
    assert kept(shares, 0.5).tolist() == [False, True, False, False]
    assert kept(shares, 0.6).tolist() == [False, True, False, True]
    assert kept(shares, 1.0).all()
