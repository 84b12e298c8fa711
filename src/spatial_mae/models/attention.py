"""Scaled dot-product attention in several ways, which differ in speed alone.

Which one is fastest depends on the shapes, the number type and the device: training measures it
(`spatial_mae.training.execution`). Elsewhere "auto" follows a rule, measured on one machine.
"""

from collections.abc import Callable
from contextlib import nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.attention import SDPBackend, sdpa_kernel

# Keeping the weights was faster at 65 keys, computing them twice at 257, and with far less memory;
# lengths between were not measured.
LONGEST_KEPT = 128
# Attention weights held at once by the tiled way: 2 MB of bfloat16, about a core's cache.
TILE = 2**20
# Kernels of GPUs work on multiples of this many values a head.
HEAD_MULTIPLE = 16
# PyTorch's kernels for GPUs, each by itself.
BACKENDS = {
    "flash": SDPBackend.FLASH_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
    "cudnn": SDPBackend.CUDNN_ATTENTION,
}


def attend(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    present: Tensor | None = None,
    way: str = "auto",
) -> Tensor:
    """softmax(Q K^T / sqrt(d)) V, every argument (N, heads, tokens, d).

    `present` (N, key tokens) is False for padding, which then gets no weight. way: a key of `WAYS`,
    or "auto"; those that know no padding leave it to "fused".
    """
    mask = None if present is None else present[:, None, None, :]
    name = usual_way(queries, keys, mask) if way == "auto" else way
    if mask is not None and name in WITHOUT_MASK:
        name = "fused"
    return WAYS[name](queries, keys, values, mask)


def usual_way(queries: Tensor, keys: Tensor, mask: Tensor | None = None) -> str:
    """What "auto" takes: fused attention, except for bfloat16 on a CPU.

    There the backward pass of fused attention takes many times longer than products written out.
    """
    if queries.device.type != "cpu" or queries.dtype != torch.bfloat16:
        return "fused"
    if keys.shape[2] <= LONGEST_KEPT:
        return "written_out"
    return "tiled" if mask is None else "float32"


def fused(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None = None,
    backend: SDPBackend | None = None,
    scale: float | None = None,
) -> Tensor:
    """PyTorch's own, by the kernel it prefers or by `backend`. scale: 1 / sqrt(d) by default."""
    with nullcontext() if backend is None else sdpa_kernel(backend):
        return F.scaled_dot_product_attention(queries, keys, values, attn_mask=mask, scale=scale)


def padded(
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None = None,
    backend: SDPBackend | None = None,
) -> Tensor:
    """`fused` with heads padded by zeros to a multiple of 16 values: the result is the same."""
    size = queries.shape[-1]
    wide = (F.pad(part, (0, -size % HEAD_MULTIPLE)) for part in (queries, keys, values))
    return fused(*wide, mask, backend, size**-0.5)[..., :size]


def in_float32(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """`fused` in float32, whatever the type."""
    exact = (part.float() for part in (queries, keys, values))
    return fused(*exact, mask).to(queries.dtype)


def written_out(queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None) -> Tensor:
    """Two batched products and a softmax; all weights are kept for the backward pass."""
    n, heads = queries.shape[:2]
    queries, keys, values = (part.flatten(0, 1) for part in (queries, keys, values))
    scores = _scaled_product(queries, keys.mT, queries.shape[-1] ** -0.5)
    if mask is not None:
        scores = scores.unflatten(0, (n, heads)).masked_fill(~mask, -torch.inf).flatten(0, 1)
    return (scores.softmax(dim=-1) @ values).unflatten(0, (n, heads))


def tiled(queries: Tensor, keys: Tensor, values: Tensor, mask: None = None) -> Tensor:
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


def _by(function: Callable, backend: SDPBackend) -> Callable:
    return lambda q, k, v, mask: function(q, k, v, mask, backend)


WAYS: dict[str, Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]] = {
    "fused": fused,
    "padded": padded,
    "written_out": written_out,
    "tiled": tiled,
    "float32": in_float32,
    **{name: _by(fused, backend) for name, backend in BACKENDS.items()},
    **{f"padded-{name}": _by(padded, backend) for name, backend in BACKENDS.items()},
}
WITHOUT_MASK = {"tiled", "flash", "padded-flash"}


def ways_for(head_size: int, dtype: torch.dtype, device: torch.device) -> list[str]:
    """The ways that may be the fastest for heads of that size, on that device."""
    ways = ["fused", "written_out"]
    pad = head_size % HEAD_MULTIPLE != 0
    if pad:
        ways.append("padded")
    if device.type == "cuda":
        ways += [f"padded-{name}" if pad else name for name in BACKENDS]
    elif dtype == torch.bfloat16:
        ways += ["tiled", "float32"]
    return ways
