"""The pre-norm transformer block. Parameters stay float32; layers compute in their input's type."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spatial_mae.models.attention import attend
from spatial_mae.models.products import linear


class Linear(nn.Linear):
    """A linear layer that casts its parameters to the type of its input.

    Its products are computed in the way `way` (see `models.products`).
    """

    way = "usual"

    def forward(self, tokens: Tensor) -> Tensor:
        weight, bias = self.weight.to(tokens.dtype), self.bias.to(tokens.dtype)
        return linear(tokens, weight, bias, self.way)


class LayerNorm(nn.LayerNorm):
    """Layer normalisation (eps 1e-6) that casts its parameters to the type of its input."""

    def __init__(self, width: int) -> None:
        super().__init__(width, eps=1e-6)

    def forward(self, tokens: Tensor) -> Tensor:
        weight, bias = self.weight.to(tokens.dtype), self.bias.to(tokens.dtype)
        return F.layer_norm(tokens, self.normalized_shape, weight, bias, self.eps)


class Attention(nn.Module):
    """Multi-head self-attention, computed in the way `way` (see `attend`)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads, self.way = heads, "auto"
        self.qkv = Linear(width, 3 * width)
        self.projection = Linear(width, width)

    def forward(self, tokens: Tensor, present: Tensor | None = None, first: int = 0) -> Tensor:
        """(N, T, width) -> (N, T - first, width): what the tokens from `first` on read."""
        n, count, width = tokens.shape
        qkv = self.qkv(tokens).reshape(n, count, 3, self.heads, width // self.heads)
        queries, keys, values = qkv.permute(2, 0, 3, 1, 4)
        read = attend(queries[:, :, first:], keys, values, present, self.way)
        return self.projection(read.transpose(1, 2).reshape(n, count - first, width))


class MLP(nn.Module):
    """Two linear layers with an exact GELU between them."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.expand = Linear(width, hidden)
        self.contract = Linear(hidden, width)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.contract(F.gelu(self.expand(tokens)))


class Block(nn.Module):
    """x + attention(norm(x)), then x + MLP(norm(x))."""

    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.attention_norm = LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp_norm = LayerNorm(width)
        self.mlp = MLP(width, round(mlp_ratio * width))

    def forward(self, tokens: Tensor, present: Tensor | None = None, first: int = 0) -> Tensor:
        """(N, T, width) -> (N, T - first, width): only the tokens from `first` on come out."""
        read = self.attention(self.attention_norm(tokens), present, first)
        tokens = tokens[:, first:] + read
        return tokens + self.mlp(self.mlp_norm(tokens))


def initialise(module: nn.Module, generator: torch.Generator | None = None) -> None:
    """He et al.'s (2022) start: Xavier-uniform matrices, zero biases, tokens of deviation 0.02.

    Parameters are filled in the order of their names, so a seed gives the same network everywhere.
    """
    with torch.no_grad():
        for name, parameter in sorted(module.named_parameters()):
            if parameter.ndim == 2:
                nn.init.xavier_uniform_(parameter, generator=generator)
            elif name.endswith("_token"):
                parameter.normal_(std=0.02, generator=generator)
            elif name.endswith("norm.weight"):
                parameter.fill_(1.0)
            else:
                parameter.zero_()
