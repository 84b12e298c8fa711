"""The masked autoencoder: an encoder of visible patches and a decoder of all."""

from typing import Literal

import torch
from torch import Tensor, nn

from spatial_mae.models.architecture import Architecture
from spatial_mae.models.layers import Block, LayerNorm, Linear, initialise
from spatial_mae.models.masks import Arrangement, arrange, inner_pixels
from spatial_mae.models.patchify import unpatchify
from spatial_mae.models.positions import sin_cos_positions
from spatial_mae.models.vit import VisionTransformer

LossOn = Literal["hidden", "all"]


class Decoder(nn.Module):
    """Blocks that read the encoder's tokens and a mask token for each hidden patch."""

    def __init__(self, architecture: Architecture, generator: torch.Generator | None = None):
        super().__init__()
        backbone = architecture.backbone
        width = backbone.decoder_width
        self.n_extra = int(backbone.class_token)
        self.register_buffer(
            "positions", sin_cos_positions(*architecture.grid, width), persistent=False
        )
        self.mask_token = nn.Parameter(torch.empty(width))
        self.embedding = Linear(backbone.width, width)
        self.blocks = nn.ModuleList(
            Block(width, backbone.decoder_heads, backbone.mlp_ratio)
            for _ in range(architecture.decoder_depth)
        )
        self.norm = LayerNorm(width)
        self.head = Linear(width, architecture.patch_values)
        initialise(self, generator)

    def forward(self, encoded: Tensor, arrangement: Arrangement, first: int = 0) -> Tensor:
        """Predicted patches in the arrangement's order, from slot `first` on.

        (N, [1 +] n_visible, encoder width) -> (N, P - first, p * p * C).
        """
        tokens = self.embed(encoded, arrangement)
        for block in self.blocks[:-1]:
            tokens = block(tokens)
        # No output of the last block but the predicted patches' is ever read.
        tokens = self.blocks[-1](tokens, first=self.n_extra + first)
        return self.head(self.norm(tokens))

    def embed(self, encoded: Tensor, arrangement: Arrangement) -> Tensor:
        """Tokens (N, [1 +] P, width), visible patches first, each with its position."""
        tokens = self.embedding(encoded)
        extra, visible = tokens[:, : self.n_extra], tokens[:, self.n_extra :]
        mask_token = self.mask_token.to(tokens.dtype)
        if arrangement.present is not None:
            visible = torch.where(arrangement.present[..., None], visible, mask_token)
        n_hidden = arrangement.order.shape[1] - arrangement.n_visible
        hidden = mask_token.expand(len(tokens), n_hidden, -1)
        positions = self.positions.to(tokens.dtype)[arrangement.order]
        patches = torch.cat([visible, hidden], dim=1) + positions
        return torch.cat([extra, patches], dim=1)


class MaskedAutoencoder(nn.Module):
    """He et al.'s (2022) masked autoencoder.

    Images are float (N, C, H, W) in [0, 1]; masks bool (N, P), True = hidden, patches row-major.
    Predictions and losses are in standardised units: an error of 1 is that of predicting the mean.
    """

    def __init__(
        self,
        architecture: Architecture,
        pixel_mean: Tensor | None = None,
        pixel_deviation: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        """Raises ValueError if the architecture has no decoder."""
        super().__init__()
        if architecture.decoder_depth < 1:
            raise ValueError(
                f"decoder depth {architecture.decoder_depth}: a masked autoencoder needs a decoder "
                "of at least 1 block; VisionTransformer is the encoder alone"
            )
        self.architecture = architecture
        self.encoder = VisionTransformer(architecture, pixel_mean, pixel_deviation, generator)
        self.decoder = Decoder(architecture, generator)

    def encode(self, images: Tensor, masks: Tensor | None = None) -> Tensor:
        """The encoder's tokens, as `VisionTransformer.forward`: unmasked without `masks`."""
        return self.encoder(images, masks)

    def forward(self, images: Tensor, masks: Tensor) -> Tensor:
        """Predictions of all patches, row-major: float32 (N, P, p * p * C), standardised."""
        arrangement = arrange(masks)
        encoded = self.encoder.encode_patches(self.encoder.patches(images), arrangement)
        predictions = self.decoder(encoded, arrangement).float()
        index = arrangement.order[..., None].expand_as(predictions)
        return torch.empty_like(predictions).scatter(1, index, predictions)

    def loss(
        self,
        images: Tensor,
        masks: Tensor,
        loss_on: LossOn = "hidden",
        normalise_targets: bool = False,
        boundary_width: int = 0,
        n_visible: int | None = None,
    ) -> Tensor:
        """Mean squared error over the hidden (or all) patches of the batch: a float32 scalar.

        He et al.'s sum(error * mask) / sum(mask), error being a patch's mean over its values. With
        `normalise_targets` each target patch first gets mean 0 and deviation 1. With a
        `boundary_width` the mean is over the hidden pixels with no visible one that near (see
        `inner_pixels`), as Kong et al. (2023) propose.

        n_visible: how many patches each image shows, if all show as many (see `arrange`).

        An image with nothing hidden, or nothing beyond the boundary, adds nothing to the loss on
        hidden patches. Raises ValueError for an unknown `loss_on`, a boundary of the loss on all
        patches, or a mask that hides a whole image.
        """
        if loss_on not in ("hidden", "all"):
            raise ValueError(f"loss_on {loss_on!r} is unknown; use 'hidden' or 'all'")
        if boundary_width and loss_on == "all":
            raise ValueError(f"boundary_width {boundary_width}: the loss on all patches has none")
        arrangement = arrange(masks, n_visible)
        first = min(arrangement.first_hidden, masks.shape[1] - 1) if loss_on == "hidden" else 0
        patches = self.encoder.patches(images)
        encoded = self.encoder.encode_patches(patches, arrangement)
        predictions = self.decoder(encoded, arrangement, first).float()
        rows = torch.arange(len(patches), device=patches.device)[:, None]
        targets = patches[rows, arrangement.order[:, first:]]
        if normalise_targets:
            mean, deviation = patch_statistics(targets)
            targets = (targets - mean) / deviation
        errors = (predictions - targets).square()
        if loss_on == "all":
            return errors.mean()
        if boundary_width:
            inner = inner_pixels(masks, self.architecture, boundary_width)
            inner = inner[rows, arrangement.order[:, first:]]
            by_pixel = errors.unflatten(-1, (inner.shape[-1], -1)).mean(dim=-1)
            return (by_pixel * inner).sum() / inner.sum().clamp(min=1)
        hidden = arrangement.hidden[:, first:]
        return (errors.mean(dim=-1) * hidden).sum() / hidden.sum().clamp(min=1)

    def reconstruct(self, images: Tensor, masks: Tensor, normalised: bool = False) -> Tensor:
        """Images as the decoder predicts them, every pixel: (N, C, H, W), 1 = white, not clipped.

        `normalised` is for networks trained with normalised targets: predicted patches then get
        the mean and deviation of the true ones, as in He et al.'s own pictures.
        """
        predictions = self(images, masks)
        if normalised:
            mean, deviation = patch_statistics(self.encoder.patches(images))
            predictions = predictions * deviation + mean
        standardised = self.unpatchify(predictions)
        mean, deviation = self.encoder.pixel_mean, self.encoder.pixel_deviation
        return standardised * deviation[:, None, None] + mean[:, None, None]

    def patchify(self, images: Tensor) -> Tensor:
        """Standardised patches (N, P, p * p * C): the targets of the loss."""
        return self.encoder.patches(images)

    def unpatchify(self, patches: Tensor) -> Tensor:
        """Patches (N, P, p * p * C) to images (N, C, H, W) in the same units."""
        architecture = self.architecture
        sides = architecture.height, architecture.width_pixels
        return unpatchify(patches, architecture.patch_size, *sides)


def patch_statistics(patches: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and deviation over each patch's values, (N, P, 1) both, as in He et al.'s targets.

    The variance is unbiased, plus 1e-6. Raises ValueError for patches of a single value.
    """
    if patches.shape[-1] < 2:
        raise ValueError("patches of one value have no deviation; train without normalise_targets")
    variance, mean = torch.var_mean(patches, dim=-1, keepdim=True)
    return mean, (variance + 1e-6).sqrt()
