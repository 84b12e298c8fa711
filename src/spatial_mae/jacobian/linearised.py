"""A masked autoencoder's forward derivative, written out around one image.

The same numbers as `torch.func.jvp`, at a fraction of its passes over memory: what depends on the
image alone (attention weights, slopes of the GELU, normalised tokens) is computed once for all
directions, scales are folded into the weights, and tokens that no direction moves are left out.
Tangents are (tokens, directions, width).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spatial_mae.jacobian.pixels import locate
from spatial_mae.models.layers import Block, LayerNorm, Linear
from spatial_mae.models.mae import MaskedAutoencoder, patch_statistics
from spatial_mae.models.masks import arrange


class Pushforward:
    """How the reconstruction of `outputs` moves with visible pixels.

    image (C, H, W) in [0, 1], mask (P,), outputs and inputs (n, 2) pixels; inputs are visible. With
    `normalised` outputs must be hidden, whose patch statistics no visible pixel moves.
    """

    def __init__(
        self,
        model: MaskedAutoencoder,
        image: Tensor,
        mask: Tensor,
        outputs: Tensor,
        inputs: Tensor,
        normalised: bool = False,
    ) -> None:
        encoder, decoder, sizes = model.encoder, model.decoder, model.architecture
        arrangement = arrange(mask[None])
        slots = arrangement.order[0].argsort()
        patches = encoder.patches(image[None])
        self.channels, self.deviation = sizes.channels, encoder.pixel_deviation
        self.in_patch, self.in_place = locate(sizes, inputs)
        self.in_token = encoder.n_extra + slots[self.in_patch]
        self.n_moving = encoder.n_extra + arrangement.n_visible
        self.embedding = encoder.patch_embedding.weight
        patch, self.out_place = locate(sizes, outputs)
        # Outputs that are all hidden never ask for the visible patches' tokens.
        first = arrangement.n_visible if mask[patch].all() else 0
        self.out_token = slots[patch] - first
        self.scale = self.deviation.expand(len(outputs), -1)
        if normalised:
            self.scale = self.scale * patch_statistics(patches)[1][0, patch]

        tokens = encoder.embed(patches, arrangement)
        self.encoder_blocks, tokens = _linearise(encoder.blocks, tokens)
        self.encoder_norm = _Norm(encoder.norm, tokens[0])
        self.bridge = self.encoder_norm.fold(decoder.embedding)
        tokens = decoder.embed(encoder.normalise(tokens), arrangement)
        self.decoder_blocks, tokens = _linearise(decoder.blocks, tokens, decoder.n_extra + first)
        self.decoder_norm = _Norm(decoder.norm, tokens[0])
        self.head = self.decoder_norm.fold(decoder.head)

    def __call__(self, directions: Tensor) -> Tensor:
        """Derivatives (n, outputs * C) along directions (n,): numbers input * C + channel."""
        pixel, channel = directions // self.channels, directions % self.channels
        count = torch.arange(len(directions), device=directions.device)
        columns = self.embedding[:, self.in_place[pixel] + channel] / self.deviation[channel]
        tangents = columns.new_zeros(self.n_moving, len(directions), len(columns))
        tangents[self.in_token[pixel], count] = columns.T
        for block in self.encoder_blocks:
            tangents = block(tangents)
        tangents = F.linear(self.encoder_norm(tangents), self.bridge)
        for block in self.decoder_blocks:
            tangents = block(tangents)
        patches = F.linear(self.decoder_norm(tangents), self.head)
        place = self.out_place[:, None] + torch.arange(self.channels, device=directions.device)
        wanted = patches[self.out_token[:, None], :, place] * self.scale[..., None]
        return wanted.flatten(0, 1).T


def _linearise(
    blocks: nn.ModuleList, tokens: Tensor, first: int = 0
) -> tuple[list["_Block"], Tensor]:
    """The blocks around `tokens` (1, T, width), and their outputs: of the last from `first` on."""
    linearised = []
    for block in blocks:
        start = first if block is blocks[-1] else 0
        linearised.append(_Block(block, tokens[0], start))
        tokens = block(tokens, first=start)
    return linearised, tokens


class _Norm:
    """d LayerNorm(x) = w / s (I - 1 1^T / n - z z^T / n) dx, s the deviation, z = (x - mean) / s.

    Called, it applies (I - z z^T / n) / s; w and I - 1 1^T / n go into the next layer by `fold`.
    """

    def __init__(self, norm: LayerNorm, tokens: Tensor) -> None:
        variance, mean = torch.var_mean(tokens, dim=-1, keepdim=True, correction=0)
        inverse = (variance + norm.eps).rsqrt()
        self.weight = norm.weight
        self.normalised = ((tokens - mean) * inverse)[..., None]
        self.inverse = inverse[..., None]
        self.back = (self.normalised * (-self.inverse / tokens.shape[-1])).mT

    def __call__(self, tangents: Tensor) -> Tensor:
        moving = len(tangents)
        along = tangents @ self.normalised[:moving]
        return torch.baddbmm(tangents * self.inverse[:moving], along, self.back[:moving])

    def fold(self, layer: Linear) -> Tensor:
        weight = layer.weight * self.weight
        return weight - weight.mean(dim=1, keepdim=True)


class _Block:
    """A transformer block around its tokens (T, width), whose outputs are those from `first` on."""

    def __init__(self, block: Block, tokens: Tensor, first: int) -> None:
        attention = block.attention
        self.first, self.heads = first, attention.heads
        self.norm = _Norm(block.attention_norm, tokens)
        self.qkv = self.norm.fold(attention.qkv)
        qkv = attention.qkv(block.attention_norm(tokens))
        queries, self.keys, values = self._split(qkv[:, None]).squeeze(3)
        scale = (tokens.shape[-1] // self.heads) ** -0.5
        self.qkv[: tokens.shape[-1]] *= scale
        self.queries = queries * scale
        self.weights = (self.queries @ self.keys.mT).softmax(dim=-1)
        self.read = self.weights @ values
        # A column of ones gives the sums of rows in the same product.
        self.values = F.pad(values, (0, 1), value=1.0)
        self.projection = attention.projection.weight
        read = self.read[:, first:].transpose(0, 1).flatten(1)
        tokens = tokens[first:] + attention.projection(read)
        self.mlp_norm = _Norm(block.mlp_norm, tokens)
        self.expand = self.mlp_norm.fold(block.mlp.expand)
        self.contract = block.mlp.contract.weight
        self.slope = _gelu_slope(block.mlp.expand(block.mlp_norm(tokens)))[:, None]

    def __call__(self, tangents: Tensor) -> Tensor:
        """Tangents of the first tokens, (moving, n, width); all others are at rest."""
        moving = len(tangents)
        queries, keys, values = self._split(F.linear(self.norm(tangents), self.qkv))
        keys = keys.transpose(1, 2).flatten(1, 2).mT
        values = values.flatten(2)
        parts = [self._attend(max(self.first, moving), None, keys, values)]
        if self.first < moving:
            parts.insert(0, self._attend(self.first, queries[:, self.first :], keys, values))
        read = torch.cat(parts, dim=1).permute(1, 2, 0, 3).flatten(2)
        outputs = F.linear(read, self.projection)
        if self.first < moving:
            outputs[: moving - self.first] += tangents[self.first :]
        hidden = F.linear(self.mlp_norm(outputs), self.expand).mul_(self.slope)
        change = torch.addmm(outputs.flatten(0, 1), hidden.flatten(0, 1), self.contract.T)
        return change.view_as(outputs)

    def _split(self, qkv: Tensor) -> Tensor:
        """(T, n, 3 * width) -> (3, heads, T, n, width / heads)."""
        count, n, _ = qkv.shape
        return qkv.view(count, n, 3, self.heads, -1).permute(2, 3, 0, 1, 4)

    def _attend(self, start: int, moved: Tensor | None, keys: Tensor, values: Tensor) -> Tensor:
        """d(P V) = (P * dS) V - rowsum(P * dS) P V + P dV, dS = dQ K^T + Q dK^T: (heads, t, n, d).

        For queries `start` to the end of `moved` (heads, t, n, d), or, at rest, to the last of all.
        keys (heads, d, n * moving), values (heads, moving, n * d).
        """
        n_moving = values.shape[1]
        n = keys.shape[2] // n_moving
        rows = slice(start, None if moved is None else start + moved.shape[1])
        scores = self.queries[:, rows] @ keys
        scores = scores.unflatten(2, (n, n_moving)).flatten(1, 2)
        weights = self.weights[:, rows]
        # Keys at rest move the scores of moving queries alone.
        n_keys = n_moving if moved is None else weights.shape[2]
        if moved is not None:
            scores = F.pad(scores, (0, n_keys - n_moving)) if n_keys > n_moving else scores
            scores.baddbmm_(moved.flatten(1, 2), self.keys.mT)
        scores.unflatten(1, (-1, n)).mul_(weights[:, :, None, :n_keys])
        product = (scores @ self.values[:, :n_keys]).unflatten(1, (-1, n))
        change = torch.addcmul(
            (weights[..., :n_moving] @ values).unflatten(2, (n, -1)),
            product[..., -1:],
            self.read[:, rows, None],
            value=-1,
        )
        return change.add_(product[..., :-1])


def _gelu_slope(inputs: Tensor) -> Tensor:
    """Of x Phi(x): Phi(x) + x phi(x), Phi and phi of the standard normal law."""
    distribution = 0.5 * (1 + torch.erf(inputs / math.sqrt(2)))
    return distribution + inputs * torch.exp(-inputs.square() / 2) / math.sqrt(2 * math.pi)
