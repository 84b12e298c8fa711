"""The vision transformer, which reads all patches of an image or the visible ones."""

import torch
from torch import Tensor, nn

from spatial_mae.models.architecture import Architecture
from spatial_mae.models.layers import Block, LayerNorm, Linear, initialise
from spatial_mae.models.masks import Arrangement, arrange
from spatial_mae.models.patchify import patchify
from spatial_mae.models.positions import sin_cos_positions


class VisionTransformer(nn.Module):
    """A pre-norm ViT with fixed sine and cosine positions, the encoder of He et al. (2022).

    Images are float (N, C, H, W) in [0, 1], standardised inside with the buffers `pixel_mean` and
    `pixel_deviation` (C,). With a class token it is token 0 of all outputs.
    `compute_dtype` is the type of all activations; parameters stay float32.
    """

    def __init__(
        self,
        architecture: Architecture,
        pixel_mean: Tensor | None = None,
        pixel_deviation: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        backbone, channels = architecture.backbone, architecture.channels
        self.architecture = architecture
        self.compute_dtype = torch.float32
        self.register_buffer("pixel_mean", _per_channel(pixel_mean, 0.0, channels))
        self.register_buffer("pixel_deviation", _per_channel(pixel_deviation, 1.0, channels))
        positions = sin_cos_positions(*architecture.grid, backbone.width)
        self.register_buffer("positions", positions, persistent=False)
        self.class_token = (
            nn.Parameter(torch.empty(backbone.width)) if backbone.class_token else None
        )
        self.patch_embedding = Linear(architecture.patch_values, backbone.width)
        self.blocks = nn.ModuleList(
            Block(backbone.width, backbone.encoder_heads, backbone.mlp_ratio)
            for _ in range(architecture.encoder_depth)
        )
        self.norm = LayerNorm(backbone.width)
        initialise(self, generator)

    @property
    def n_extra(self) -> int:
        """Tokens before the patches: 1 with a class token, else 0."""
        return int(self.class_token is not None)

    def forward(self, images: Tensor, masks: Tensor | None = None) -> Tensor:
        """Tokens after the final LayerNorm: (N, [1 +] visible patches, width).

        `masks` is bool (N, P), True = hidden; None shows all patches. Visible tokens come in
        row-major order. Where images show different numbers of patches, the shorter rows are
        padded at their end with tokens that mean nothing.
        """
        arrangement = None if masks is None else arrange(masks)
        return self.encode_patches(self.patches(images), arrangement)

    def encode_patches(self, patches: Tensor, arrangement: Arrangement | None = None) -> Tensor:
        """`forward` from standardised patches (N, P, p * p * C) of all positions."""
        tokens = self.embed(patches, arrangement)
        present = None if arrangement is None else self._present(arrangement)
        for block in self.blocks:
            tokens = block(tokens, present)
        return self.normalise(tokens)

    def layers(self, images: Tensor) -> list[Tensor]:
        """Tokens after the embedding and after each block: encoder_depth + 1 of (N, T, width).

        No final LayerNorm is applied; `normalise` gives it.
        """
        outputs = [self.embed(self.patches(images))]
        for block in self.blocks:
            outputs.append(block(outputs[-1]))
        return outputs

    def normalise(self, tokens: Tensor) -> Tensor:
        """The final LayerNorm."""
        return self.norm(tokens)

    def standardise(self, images: Tensor) -> Tensor:
        """Images in [0, 1] to mean 0 and deviation 1 of each channel over the training images."""
        mean, deviation = self.pixel_mean, self.pixel_deviation
        return (images - mean[:, None, None]) / deviation[:, None, None]

    def patches(self, images: Tensor) -> Tensor:
        """Standardised patches (N, P, p * p * C) of images (N, C, H, W) in [0, 1].

        Raises ValueError for images of another size than the architecture's.
        """
        architecture = self.architecture
        expected = (architecture.channels, architecture.height, architecture.width_pixels)
        if images.ndim != 4 or tuple(images.shape[1:]) != expected:
            raise ValueError(
                f"images of shape {tuple(images.shape)} do not fit a network for (N, C, H, W) = "
                f"(N, {', '.join(map(str, expected))}); use the data set that it was made for"
            )
        return patchify(self.standardise(images), architecture.patch_size)

    def embed(self, patches: Tensor, arrangement: Arrangement | None = None) -> Tensor:
        """Patches (N, P, p * p * C) to tokens with positions, visible ones alone if arranged."""
        positions = self.positions
        if arrangement is not None:
            rows = torch.arange(len(patches), device=patches.device)[:, None]
            patches = patches[rows, arrangement.visible]
            positions = positions[arrangement.visible]
        dtype = self.compute_dtype
        tokens = self.patch_embedding(patches.to(dtype)) + positions.to(dtype)
        if self.class_token is None:
            return tokens
        first = self.class_token.to(dtype).expand(len(tokens), 1, -1)
        return torch.cat([first, tokens], dim=1)

    def _present(self, arrangement: Arrangement) -> Tensor | None:
        """Which tokens are no padding, the class token included: bool (N, T), None if all."""
        if arrangement.present is None or not self.n_extra:
            return arrangement.present
        return nn.functional.pad(arrangement.present, (1, 0), value=True)


def _per_channel(values: Tensor | None, default: float, channels: int) -> Tensor:
    if values is None:
        return torch.full((channels,), default)
    values = torch.as_tensor(values, dtype=torch.float32).detach().clone()
    if values.shape != (channels,):
        raise ValueError(f"pixel statistics of shape {tuple(values.shape)}; expected ({channels},)")
    return values
