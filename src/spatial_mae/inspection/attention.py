"""Where the tokens of a block look: attention weights, their spread, and what they reach."""

import torch
from torch import Tensor

from spatial_mae.models.architecture import Architecture
from spatial_mae.models.layers import Block


def attention_weights(block: Block, tokens: Tensor) -> Tensor:
    """softmax(Q K^T / sqrt(d)) of a block's input (N, T, width): float32 (N, heads, T, T)."""
    n, count, width = tokens.shape
    attention = block.attention
    qkv = attention.qkv(block.attention_norm(tokens))
    shape = (n, count, 3, attention.heads, width // attention.heads)
    queries, keys, _ = qkv.reshape(shape).permute(2, 0, 3, 1, 4).float()
    return (queries @ keys.mT * queries.shape[-1] ** -0.5).softmax(dim=-1)


def over_patches(weights: Tensor, n_extra: int) -> Tensor:
    """Weights (..., T) on the patches alone, the class token's dropped: (..., P), of sum 1."""
    patches = weights[..., n_extra:]
    return patches / patches.sum(dim=-1, keepdim=True)


def entropy(shares: Tensor) -> Tensor:
    """- sum_i p_i log p_i of shares (..., P), in nats: 0 for one patch, log P for all alike."""
    return torch.special.entr(shares).sum(dim=-1)


def patch_distances(architecture: Architecture) -> Tensor:
    """Distances between the centres of patches, in pixels: (P, P)."""
    places = [torch.arange(size, dtype=torch.float32) for size in architecture.grid]
    centres = torch.cartesian_prod(*places) * architecture.patch_size
    return torch.cdist(centres, centres, compute_mode="donot_use_mm_for_euclid_dist")


def kept(shares: Tensor, mass: float) -> Tensor:
    """The fewest patches, the heaviest first, that hold the share `mass`: bool like `shares`.

    The threshold of Caron et al. (2021).
    """
    heaviest, order = shares.sort(dim=-1, descending=True)
    before = heaviest.cumsum(dim=-1) - heaviest
    return torch.zeros_like(shares, dtype=torch.bool).scatter(-1, order, before < mass)
