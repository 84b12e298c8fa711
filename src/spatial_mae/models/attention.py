"""Scaled dot-product attention, by the way that is fastest for the shapes and the device.

Fused attention is the choice everywhere but for bfloat16 on a CPU, where its backward pass takes
many times longer than the products written out.
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

# Keeping the weights was faster at 65 keys, computing them twice at 257, and with far less memory;
# lengths between were not measured.
LONGEST_KEPT = 128
# Attention weights held at once by the tiled way: 2 MB of bfloat16, about a core's cache.
TILE = 2**20


def attend(queries: Tensor, keys: Tensor, values: Tensor, present: Tensor | None = None) -> Tensor:
    """softmax(Q K^T / sqrt(d)) V, every argument (N, heads, tokens, d).

    `present` (N, key tokens) is False for padding, which then gets no weight.
    """
    mask = None if present is None else present[:, None, None, :]
    if queries.device.type != "cpu" or queries.dtype != torch.bfloat16:
        return F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask)
    if keys.shape[2] <= LONGEST_KEPT:
        return written_out(queries, keys, values, mask)
    if mask is None:
        return tiled(queries, keys, values)
    exact = (part.float() for part in (queries, keys, values))
    return F.scaled_dot_product_attention(*exact, attn_mask=mask).to(queries.dtype)


def written_out(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """Two batched products and a softmax; all weights are kept for the backward pass."""
    n, heads = queries.shape[:2]
    queries, keys, values = (part.flatten(0, 1) for part in (queries, keys, values))
    scores = _scaled_product(queries, keys.mT, queries.shape[-1] ** -0.5)
    if mask is not None:
        scores = scores.unflatten(0, (n, heads)).masked_fill(~mask, -torch.inf).flatten(0, 1)
    return (scores.softmax(dim=-1) @ values).unflatten(0, (n, heads))


def tiled(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """A few heads at a time, and once more for the backward pass: no weights are kept."""
    flat = (part.flatten(0, 1) for part in (queries, keys, values))
    return _Tiled.apply(*flat).unflatten(0, queries.shape[:2])


class _Tiled(torch.autograd.Function):
    """Attention of (heads, tokens, d) with O = P V and P = softmax(s Q K^T), s = 1 / sqrt(d)."""

    @staticmethod
    def forward(ctx, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        ctx.save_for_backward(queries, keys, values)
        scale = queries.shape[-1] ** -0.5
        read = [
            _scaled_product(q, k.mT, scale).softmax(dim=-1) @ v
            for q, k, v in _tiles(queries, keys, values)
        ]
        return torch.cat(read)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """dV = P^T dO, dS = P (dP - rowsum(P dP)) where dP = dO V^T, dQ = s dS K, dK = s dS^T Q."""
        queries, keys, values = ctx.saved_tensors
        scale = queries.shape[-1] ** -0.5
        gradients: tuple[list[Tensor], ...] = ([], [], [])
        for q, k, v, g in _tiles(queries, keys, values, gradient):
            weights = _scaled_product(q, k.mT, scale).softmax(dim=-1)
            scores = torch._softmax_backward_data(g @ v.mT, weights, -1, weights.dtype)
            gradients[0].append(_scaled_product(scores, k, scale))
            gradients[1].append(_scaled_product(scores.mT, q, scale))
            gradients[2].append(weights.mT @ g)
        return tuple(torch.cat(parts) for parts in gradients)


def _tiles(queries: Tensor, keys: Tensor, *others: Tensor):
    """The arguments a few heads at a time, so that their attention weights stay in the cache."""
    heads = max(1, TILE // (queries.shape[1] * keys.shape[1]))
    return zip(*(part.split(heads) for part in (queries, keys, *others)), strict=True)


def _scaled_product(left: Tensor, right: Tensor, scale: float) -> Tensor:
    """scale * left @ right of batches of matrices, in one pass."""
    return torch.baddbmm(left.new_zeros(1), left, right, beta=0, alpha=scale)
