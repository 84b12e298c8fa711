"""A pretrained ViT as the backbone of a detector: features of four scales, whatever its patch size.

As Li et al. (2021, "Benchmarking detection transfer learning with vision transformers"): the blocks
are divided in four, what leaves each quarter becomes one scale, and a feature pyramid reads all.
"""

import math
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool

from spatial_mae.models.patchify import patchify
from spatial_mae.models.vit import VisionTransformer

STRIDES = (4, 8, 16, 32)
LARGEST_PATCH = 32


class PyramidBackbone(nn.Module):
    """Standardised images (N, C, H, W) to features "0" to "3" at strides 4 to 32, and "pool".

    H and W are multiples of `multiple`. Each output is (N, out_channels, H / stride, W / stride);
    "pool" is "3" at every second place. Raises ValueError unless the encoder's patch size is a
    power of two from 1 to 32 pixels.
    """

    def __init__(self, encoder: VisionTransformer, out_channels: int) -> None:
        super().__init__()
        patch, width = encoder.architecture.patch_size, encoder.architecture.backbone.width
        if patch > LARGEST_PATCH or patch & (patch - 1):
            raise ValueError(
                f"patch size {patch}: a detector needs a power of two from 1 to {LARGEST_PATCH}, "
                f"for features at strides {STRIDES}"
            )
        self.encoder, self.out_channels = encoder, out_channels
        encoder.norm.requires_grad_(False)  # features are taken before it
        self.scales = nn.ModuleList(_rescale(width, patch, stride) for stride in STRIDES)
        self.pyramid = FeaturePyramidNetwork(
            [width] * len(STRIDES), out_channels, LastLevelMaxPool()
        )

    @property
    def multiple(self) -> int:
        """What both sides of an image must be a multiple of, in pixels."""
        return math.lcm(self.encoder.architecture.patch_size, STRIDES[-1])

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        maps = quarter_maps(self.encoder, images)
        scaled = [scale(one) for scale, one in zip(self.scales, maps, strict=True)]
        return self.pyramid(OrderedDict((str(i), one) for i, one in enumerate(scaled)))


def quarter_maps(encoder: VisionTransformer, images: Tensor) -> list[Tensor]:
    """What leaves each quarter of the blocks: four of (N, width, rows, columns), no final norm.

    images: standardised (N, C, H, W), both sides multiples of the patch size. All patches are
    visible; the class token takes part in the attention and is dropped from the maps.
    """
    patch = encoder.architecture.patch_size
    rows, columns = images.shape[-2] // patch, images.shape[-1] // patch
    tokens = encoder.patch_embedding(patchify(images, patch))
    tokens = tokens + positions_of(encoder, rows, columns).to(tokens.dtype)
    if encoder.class_token is not None:
        first = encoder.class_token.to(tokens.dtype).expand(len(tokens), 1, -1)
        tokens = torch.cat([first, tokens], dim=1)
    outputs = []
    for block in encoder.blocks:
        tokens = block(tokens)
        outputs.append(tokens[:, encoder.n_extra :])
    chosen = [outputs[end - 1] for end in quarter_ends(len(outputs))]
    return [one.transpose(1, 2).unflatten(2, (rows, columns)) for one in chosen]


def quarter_ends(depth: int) -> list[int]:
    """The number of blocks at the end of each quarter; below four blocks, some end several."""
    return [math.ceil(depth * quarter / 4) for quarter in range(1, 5)]


def positions_of(encoder: VisionTransformer, rows: int, columns: int) -> Tensor:
    """Position embeddings (rows * columns, width), bicubic between those the encoder has."""
    own = encoder.architecture.grid
    if own == (rows, columns):
        return encoder.positions
    grid = encoder.positions.T.unflatten(1, own)[None]
    found = F.interpolate(grid, (rows, columns), mode="bicubic", align_corners=False)
    return found[0].flatten(1).T


def _rescale(width: int, patch: int, stride: int) -> nn.Module:
    """A map at stride `patch` to one at `stride`: transposed convolutions, nothing, or pooling."""
    if stride >= patch:
        return nn.Identity() if stride == patch else nn.MaxPool2d(stride // patch)
    steps = (patch // stride).bit_length() - 1
    layers: list[nn.Module] = []
    for step in range(steps):
        if step:
            layers += [nn.GroupNorm(1, width), nn.GELU()]
        layers.append(nn.ConvTranspose2d(width, width, 2, stride=2))
    return nn.Sequential(*layers)
