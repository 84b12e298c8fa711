"""An image classifier: an encoder and a linear head, trained whole or from some block on."""

import re
from typing import Literal

import torch
from torch import Tensor, nn

from spatial_mae.models.layers import Linear
from spatial_mae.models.vit import VisionTransformer

Pooling = Literal["class_token", "mean"]


class Classifier(nn.Module):
    """Logits from the class token, or the mean of the patch tokens, after the final LayerNorm."""

    def __init__(
        self,
        encoder: VisionTransformer,
        n_classes: int,
        pooling: Pooling,
        generator: torch.Generator | None = None,
    ) -> None:
        """Raises ValueError for an unknown pooling, or a class token that the encoder lacks."""
        super().__init__()
        if pooling not in ("class_token", "mean"):
            raise ValueError(f"pooling {pooling!r} is unknown; use 'class_token' or 'mean'")
        if pooling == "class_token" and not encoder.n_extra:
            raise ValueError("pooling 'class_token': this encoder has no class token; use 'mean'")
        if n_classes < 2:
            raise ValueError(f"{n_classes} classes leave nothing to distinguish; use 2 or more")
        self.encoder = encoder
        self.pooling = pooling
        self.head = Linear(encoder.architecture.backbone.width, n_classes)
        with torch.no_grad():
            self.head.weight.normal_(std=2e-5, generator=generator)
            self.head.bias.zero_()
        self.n_frozen = 0

    def forward(self, images: Tensor) -> Tensor:
        """Images (N, C, H, W) in [0, 1] to float32 logits (N, n_classes)."""
        return self.head(self.pool(self.encode(images))).float()

    def encode(self, images: Tensor) -> Tensor:
        """Tokens after the final LayerNorm; no gradient is kept for the frozen prefix."""
        encoder = self.encoder
        embedding_frozen = not encoder.patch_embedding.weight.requires_grad
        with torch.set_grad_enabled(torch.is_grad_enabled() and not embedding_frozen):
            tokens = encoder.embed(encoder.patches(images))
            for block in encoder.blocks[: self.n_frozen]:
                tokens = block(tokens)
        for block in encoder.blocks[self.n_frozen :]:
            tokens = block(tokens)
        return encoder.normalise(tokens)

    def pool(self, tokens: Tensor) -> Tensor:
        """(N, T, width) -> (N, width)."""
        if self.pooling == "class_token":
            return tokens[:, 0]
        return tokens[:, self.encoder.n_extra :].mean(dim=1)

    def blocks_to_train(self, blocks: int | Literal["all"]) -> None:
        """Freeze everything but the last `blocks` blocks, the final LayerNorm and the head.

        0 trains the head alone, a linear probe; "all" everything, the embedding included. Raises
        ValueError outside 0 to the encoder's depth.
        """
        depth = len(self.encoder.blocks)
        if blocks != "all" and not 0 <= blocks <= depth:
            raise ValueError(
                f"{blocks} blocks to train, of an encoder of {depth}; use 0 to {depth}, or 'all'"
            )
        self.encoder.requires_grad_(blocks == "all").train(blocks == "all")
        self.n_frozen = 0 if blocks == "all" else depth - blocks
        if blocks not in ("all", 0):
            for module in [*self.encoder.blocks[self.n_frozen :], self.encoder.norm]:
                module.requires_grad_(True).train()

    def depth_of(self, parameter_name: str) -> int:
        """Stage of a parameter for layer-wise decay: 0 embedding, i block i, depth + 1 the rest."""
        if match := re.match(r"encoder\.blocks\.(\d+)\.", parameter_name):
            return int(match[1]) + 1
        if parameter_name.startswith(("encoder.patch_embedding.", "encoder.class_token")):
            return 0
        return len(self.encoder.blocks) + 1
