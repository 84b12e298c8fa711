"""The usual masked autoencoder, as most people would write it: what ours is raced against.

He et al. (2022) in a few plain modules: convolution as patch embedding, masking by sorting noise,
fused attention, exact GELU; torch's autocast and its fused AdamW do the rest.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from spatial_mae.models.architecture import Architecture


class PlainBlock(nn.Module):
    def __init__(self, width: int, heads: int, mlp_ratio: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        hidden = round(mlp_ratio * width)
        self.mlp = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))

    def forward(self, x: Tensor) -> Tensor:
        n, tokens, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(n, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        read = F.scaled_dot_product_attention(q, k, v)
        x = x + self.proj(read.transpose(1, 2).reshape(n, tokens, width))
        return x + self.mlp(self.norm2(x))


class PlainMAE(nn.Module):
    """Images float (N, C, H, W), standardised, to the loss on hidden patches."""

    def __init__(self, sizes: Architecture, mask_ratio: float) -> None:
        super().__init__()
        backbone, patch = sizes.backbone, sizes.patch_size
        width, inner = backbone.width, backbone.decoder_width
        self.patch, self.n_kept = patch, sizes.n_patches - sizes.n_hidden(mask_ratio)
        self.embed = nn.Conv2d(sizes.channels, width, patch, stride=patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.mask_token = nn.Parameter(torch.zeros(1, 1, inner))
        self.register_buffer("positions", sine_positions(*sizes.grid, width))
        self.register_buffer("decoder_positions", sine_positions(*sizes.grid, inner))
        block = PlainBlock
        self.blocks = nn.ModuleList(
            block(width, backbone.encoder_heads, backbone.mlp_ratio)
            for _ in range(sizes.encoder_depth)
        )
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.decoder_embed = nn.Linear(width, inner)
        self.decoder_blocks = nn.ModuleList(
            block(inner, backbone.decoder_heads, backbone.mlp_ratio)
            for _ in range(sizes.decoder_depth)
        )
        self.decoder_norm = nn.LayerNorm(inner, eps=1e-6)
        self.head = nn.Linear(inner, sizes.patch_values)

    def forward(self, images: Tensor, noise: Tensor | None = None) -> Tensor:
        """The loss. noise: (N, P), the lowest are kept; drawn by default."""
        tokens = self.embed(images).flatten(2).transpose(1, 2) + self.positions
        n, patches, _ = tokens.shape
        noise = torch.rand(n, patches, device=images.device) if noise is None else noise
        shuffled = noise.argsort(dim=1)
        back = shuffled.argsort(dim=1)
        kept = self._pick(tokens, shuffled[:, : self.n_kept])
        encoded = torch.cat([self.cls_token.expand(n, -1, -1), kept], dim=1)
        for block in self.blocks:
            encoded = block(encoded)
        predictions = self.decode(self.norm(encoded), back)
        errors = (predictions.float() - self.patchify(images)).square().mean(dim=-1)
        mask = (back >= self.n_kept).float()
        return (errors * mask).sum() / mask.sum()

    def decode(self, encoded: Tensor, back: Tensor) -> Tensor:
        """Predicted patches (N, P, values), row-major; back: the place of each in the shuffle."""
        tokens = self.decoder_embed(encoded)
        hidden = self.mask_token.expand(len(tokens), back.shape[1] - self.n_kept, -1)
        hidden = hidden.to(tokens.dtype)
        patches = self._pick(torch.cat([tokens[:, 1:], hidden], dim=1), back)
        tokens = torch.cat([tokens[:, :1], patches + self.decoder_positions], dim=1)
        for block in self.decoder_blocks:
            tokens = block(tokens)
        return self.head(self.decoder_norm(tokens))[:, 1:]

    def patchify(self, images: Tensor) -> Tensor:
        """(N, C, H, W) to (N, P, p * p * C), channels last in a patch."""
        n, channels, height, width = images.shape
        p = self.patch
        cut = images.view(n, channels, height // p, p, width // p, p)
        return cut.permute(0, 2, 4, 3, 5, 1).reshape(n, -1, p * p * channels)

    @staticmethod
    def _pick(tokens: Tensor, index: Tensor) -> Tensor:
        return tokens.gather(1, index[..., None].expand(-1, -1, tokens.shape[-1]))


def sine_positions(rows: int, columns: int, width: int) -> Tensor:
    """Fixed positions (rows * columns, width): sine and cosine of the column, then of the row."""
    rates = torch.exp(torch.arange(width // 4) * (-math.log(10000.0) / (width // 4)))
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    parts = [trig(place.flatten()[:, None] * rates) for place in (x, y) for trig in TRIGONOMETRIC]
    return torch.cat(parts, dim=1)


TRIGONOMETRIC: tuple[Callable[[Tensor], Tensor], ...] = (torch.sin, torch.cos)


class AutocastStep:
    """A step under bfloat16 autocast with torch's fused AdamW, over parts of `at_once` images.

    draw: () -> augmented images (N, C, H, W). loss: images -> a scalar.
    """

    def __init__(
        self, module: nn.Module, draw: Callable[[], Tensor], loss: Callable, at_once: int
    ) -> None:
        self.draw, self.loss, self.at_once = draw, loss, at_once
        parameters = [p for p in module.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(
            parameters, lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05, fused=True
        )

    def check_mode(self) -> None:
        """Nothing of it is compiled."""

    def __call__(self) -> None:
        images = self.draw()
        for part in images.split(self.at_once):
            with torch.autocast(images.device.type, torch.bfloat16):
                found = self.loss(part)
            (found * (len(part) / len(images))).backward()
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
