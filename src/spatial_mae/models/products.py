"""The products of a linear layer, by one library or another, which differ in speed alone.

On a CPU PyTorch leaves products of float32 to the library that it was built with, such as Intel's
MKL, which is slow on some processors of others. oneDNN is part of PyTorch too. Products of bfloat16
are oneDNN's, and many times slower than those of float32 on a processor without instructions for
them; there float32 multiplies the same numbers. Which way is faster depends on the machine:
training measures it (`spatial_mae.training.execution`).
"""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


def linear(tokens: Tensor, weight: Tensor, bias: Tensor, way: str = "usual") -> Tensor:
    """tokens @ weight.T + bias: (..., n) -> (..., m), for a weight (m, n).

    way: one of `product_ways`.
    """
    if way == "usual":
        return F.linear(tokens, weight, bias)
    if way == "onednn":
        return _OneDNN.apply(tokens, weight, bias)
    exact = (part.float() for part in (tokens, weight, bias))
    return F.linear(*exact).to(tokens.dtype)


def product_ways(dtype: torch.dtype) -> tuple[str, ...]:
    """The ways of a type that may be the fastest on a CPU, the usual one first.

    "usual": PyTorch's; "onednn": by oneDNN; "float32": in float32, rounded once at the end.
    """
    return ("usual", "onednn") if dtype == torch.float32 else ("usual", "float32")


class _OneDNN(torch.autograd.Function):
    """`linear` by oneDNN, its gradients too."""

    @staticmethod
    def forward(ctx, tokens: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        rows = tokens.reshape(-1, tokens.shape[-1])
        ctx.save_for_backward(rows, weight)
        ctx.shape = tokens.shape
        return _product(rows, weight, bias).view(*tokens.shape[:-1], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """dX = dY W, dW = dY^T X, and db is the sum of dY."""
        rows, weight = ctx.saved_tensors
        wanted = ctx.needs_input_grad
        gradient = gradient.reshape(len(rows), -1).contiguous()
        return (
            _product(gradient, weight.mT).view(ctx.shape) if wanted[0] else None,
            _of_weight(gradient, rows) if wanted[1] else None,
            gradient.sum(dim=0) if wanted[2] else None,
        )


def _of_weight(gradient: Tensor, rows: Tensor) -> Tensor:
    """gradient.T @ rows. oneDNN is faster where the first matrix has the fewer columns."""
    if gradient.shape[1] > rows.shape[1]:
        return _product(rows.mT, gradient.mT).mT
    return _product(gradient.mT, rows.mT)


def _product(left: Tensor, right: Tensor, bias: Tensor | None = None) -> Tensor:
    """left @ right.T + bias."""
    return torch.ops.mkldnn._linear_pointwise(left, right, bias, "none", [], "")
