"""What a network is made of: sizes, checked before anything is built. Needs no torch."""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from spatial_mae.masks.laws import check_mask_ratio
from spatial_mae.masks.layouts import check_law, hidden_units
from spatial_mae.study import recipes
from spatial_mae.study.keys import Count, Positive, Range

Four = Annotated[int, Range(least=4)]


@dataclass(frozen=True)
class Backbone:
    """Sizes shared by the networks of a study; depths, patch and image size vary between runs."""

    width: Four
    """Channels of a token of the encoder, a multiple of 4. [Bisulco 192; Kong 768, ViT-B]"""
    encoder_heads: Count
    """Attention heads of the encoder; they divide its width. [Bisulco 12]"""
    decoder_width: Four
    """Channels of a token of the decoder, a multiple of 4. [not stated]"""
    decoder_heads: Count
    """Attention heads of the decoder; they divide its width. [Bisulco 16]"""
    mlp_ratio: Positive = 4.0
    """Hidden units of a block's MLP as a multiple of the width. [He et al. 4]"""
    class_token: bool = True
    """Whether a token [CLS] goes through the encoder with the patches. Without, recipes
    that read it are refused."""

    def __post_init__(self) -> None:
        _check_heads("width", self.width, "encoder_heads", self.encoder_heads)
        _check_heads("decoder_width", self.decoder_width, "decoder_heads", self.decoder_heads)
        if self.mlp_ratio <= 0 or round(self.mlp_ratio * min(self.width, self.decoder_width)) < 1:
            raise ValueError(f"mlp_ratio {self.mlp_ratio} leaves no hidden layer; 4 is usual")


def _check_heads(width_name: str, width: int, heads_name: str, heads: int) -> None:
    if width < 4 or width % 4:
        raise ValueError(
            f"{width_name} {width} is not a multiple of 4, which two-dimensional sine and cosine "
            f"positions need; use {max(4, width // 4 * 4)} or {max(4, width // 4 * 4 + 4)}"
        )
    if heads < 1 or width % heads:
        allowed = [count for count in range(1, width + 1) if width % count == 0]
        raise ValueError(
            f"{heads_name} {heads} does not divide {width_name} {width}; "
            f"use one of {', '.join(map(str, allowed))}"
        )


@dataclass(frozen=True)
class Architecture:
    """One network for images of one size.

    `height` and `width_pixels` are the image's sides and `patch_size` a patch's, in pixels; `unit`
    is the side of a mask unit in patches (1: units are patches); the depths count transformer
    blocks, `decoder_depth` 0 means an encoder alone.

    Raises ValueError if patches do not tile the image, units do not tile the patches or a depth is
    out of range.
    """

    height: int
    width_pixels: int
    channels: int
    patch_size: int
    unit: int
    encoder_depth: int
    decoder_depth: int
    backbone: Backbone

    def __post_init__(self) -> None:
        if min(self.height, self.width_pixels, self.channels) < 1:
            size = f"{self.height} x {self.width_pixels} x {self.channels}"
            raise ValueError(f"images of {size} (height, width, channels) hold no pixel")
        _check_tiling("patch size", self.patch_size, self.height, self.width_pixels, "pixel image")
        _check_tiling("mask unit", self.unit, *self.grid, "grid of patches")
        if self.encoder_depth < 1:
            raise ValueError(f"encoder depth {self.encoder_depth} is below 1; use at least 1 block")
        if self.decoder_depth < 0:
            raise ValueError(
                f"decoder depth {self.decoder_depth} is negative; use 1 or more, or 0 for an "
                "encoder alone"
            )

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of patches."""
        return self.height // self.patch_size, self.width_pixels // self.patch_size

    @property
    def n_patches(self) -> int:
        return self.grid[0] * self.grid[1]

    @property
    def unit_grid(self) -> tuple[int, int]:
        """Rows and columns of mask units."""
        return self.grid[0] // self.unit, self.grid[1] // self.unit

    @property
    def n_units(self) -> int:
        return self.unit_grid[0] * self.unit_grid[1]

    @property
    def patch_values(self) -> int:
        """Numbers in a patch: pixels times channels."""
        return self.patch_size**2 * self.channels

    def n_hidden(self, mask_ratio: float, sampling: str = "exact") -> int:
        """Mask units that a law hides; of bernoulli round(mask_ratio * n_units)."""
        return hidden_units(sampling, self.unit_grid, mask_ratio)

    def n_visible(self, mask_ratio: float, sampling: str = "exact") -> int:
        """Patches that a law with a fixed count shows."""
        return (self.n_units - self.n_hidden(mask_ratio, sampling)) * self.unit**2


def _check_tiling(name: str, size: int, height: int, width: int, of_what: str) -> None:
    if size < 1 or height % size or width % size:
        sides = range(1, min(height, width) + 1)
        allowed = [side for side in sides if height % side == 0 and width % side == 0]
        raise ValueError(
            f"{name} {size} does not divide a {height} x {width} {of_what}; "
            f"use one of {', '.join(map(str, allowed))}"
        )


def check_masking(architecture: Architecture, mask_ratio: float, sampling: str = "exact") -> None:
    """Raise ValueError if round(mask_ratio * n_units) leaves no visible or no hidden mask unit.

    Also if the law cannot be drawn at this mask ratio on the architecture's grid of units.
    """
    check_mask_ratio(mask_ratio)
    units = architecture.n_units
    hidden = architecture.n_hidden(mask_ratio)
    if not 0 < hidden < units:
        which = "no unit is hidden" if hidden <= 0 else "no unit stays visible"
        lowest, highest = 1 / units, (units - 1) / units
        fix = (
            f"use a mask ratio from {lowest:.4g} to {highest:.4g} or smaller units"
            if units > 1
            else "use smaller mask units"
        )
        raise ValueError(f"mask ratio {mask_ratio} of {units} mask units: {which}; {fix}")
    check_law(sampling, architecture.unit_grid, architecture.unit, mask_ratio)


def check_masks(architecture: Architecture, mask_ratio: float, recipe: Mapping) -> None:
    """Raise ValueError if a pretraining recipe's masks cannot be drawn, or leave no loss."""
    check_masking(architecture, mask_ratio, recipe["sampling"])
    half_width = recipe["mask_half_width"]
    if half_width:
        check_mask_range(architecture, mask_ratio, half_width)
    fewest = mask_ratio - half_width
    check_boundary(architecture, fewest, recipe["sampling"], recipe["boundary_width"])


def check_mask_range(architecture: Architecture, mask_ratio: float, half_width: float) -> None:
    """Raise ValueError if a ratio within `half_width` of `mask_ratio` hides no unit or all."""
    units, ends = architecture.n_units, (mask_ratio - half_width, mask_ratio + half_width)
    counts = [architecture.n_hidden(end) for end in ends]
    if counts[0] < 1 or counts[1] >= units:
        which = "no unit is hidden" if counts[0] < 1 else "no unit stays visible"
        end = ends[0] if counts[0] < 1 else ends[1]
        widest = max(0.0, min(mask_ratio - 1 / units, (units - 1) / units - mask_ratio))
        raise ValueError(
            f"mask_half_width {half_width}: of {units} mask units {which} at mask ratio {end:.4g}; "
            f"with mask {mask_ratio} use at most {widest:.4g}, 0 for one mask ratio"
        )


def check_boundary(
    architecture: Architecture, mask_ratio: float, sampling: str, boundary_width: int
) -> None:
    """Raise ValueError if no mask has a hidden pixel with no visible one within `boundary_width`.

    The larger of the distances in rows and columns counts, and a pixel in a corner of the image has
    the fewest mask units so near.
    """
    exact, units = sampling == "exact", architecture.n_units
    most_hidden = architecture.n_hidden(mask_ratio) if exact else units - 1
    side = architecture.patch_size * architecture.unit

    def needed(width: int) -> int:
        return math.prod(min(width // side + 1, count) for count in architecture.unit_grid)

    if needed(boundary_width) > most_hidden:
        widest = max(w for w in range(boundary_width) if needed(w) <= most_hidden)
        raise ValueError(
            f"boundary_width {boundary_width}: with {most_hidden} of {units} units of {side} x "
            f"{side} pixels hidden no hidden pixel is that far inside; use at most {widest}"
        )


def to_json(architecture: Architecture) -> dict:
    """The architecture as a nested dictionary of plain values."""
    return dataclasses.asdict(architecture)


def from_json(values: dict) -> Architecture:
    """The architecture from `to_json`'s dictionary.

    Raises ValueError for an unknown, missing or mistyped field, naming it.
    """
    if not isinstance(values, dict) or not isinstance(values.get("backbone"), dict):
        raise ValueError(f"architecture: expected an object with a `backbone`, got {values!r}")
    backbone = recipes.load(Backbone, json.dumps(values["backbone"]))
    fields = {field.name for field in dataclasses.fields(Architecture)}
    if wrong := sorted(fields ^ set(values)):
        raise ValueError(f"architecture: fields missing or unknown: {', '.join(wrong)}")
    sizes = {name: value for name, value in values.items() if name != "backbone"}
    for name, value in sizes.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(f"architecture: {name} {value!r} is not a whole number")
    return Architecture(**sizes, backbone=backbone)


def difference(first: Architecture, second: Architecture) -> list[str]:
    """Fields in which two architectures differ, as "backbone.width: 96 != 192"."""
    left, right = _flat(to_json(first)), _flat(to_json(second))
    return [f"{name}: {left[name]} != {right[name]}" for name in left if left[name] != right[name]]


def _flat(values: dict) -> dict:
    backbone = {f"backbone.{name}": value for name, value in values["backbone"].items()}
    return {name: value for name, value in values.items() if name != "backbone"} | backbone


def attention_shapes(
    architecture: Architecture, n_visible: int, n_images: int
) -> dict[str, tuple[int, int, int, int]]:
    """(images, heads, tokens, values a head) of the encoder's attention and of the decoder's."""
    backbone, extra = architecture.backbone, int(architecture.backbone.class_token)
    parts = {
        "encoder": (backbone.encoder_heads, n_visible, backbone.width),
        "decoder": (backbone.decoder_heads, architecture.n_patches, backbone.decoder_width),
    }
    return {
        part: (n_images, heads, tokens + extra, width // heads)
        for part, (heads, tokens, width) in parts.items()
    }


def flops_per_image(architecture: Architecture, mask_ratio: float, training: bool = True) -> float:
    """Multiplications and additions that the model asks for, per image.

    Matrix products alone, as usual for model FLOP utilisation; the encoder sees the visible patches
    of exact sampling, the decoder all. Backward is twice forward, so training is three times it.
    What an implementation skips (outputs that no loss reads) still counts.
    """
    backbone = architecture.backbone
    visible = architecture.n_visible(mask_ratio)
    extra = int(backbone.class_token)
    embedding = 2 * visible * architecture.patch_values * backbone.width
    forward = embedding + architecture.encoder_depth * _block_flops(
        visible + extra, backbone.width, backbone.mlp_ratio
    )
    if architecture.decoder_depth:
        inner, patches = backbone.decoder_width, architecture.n_patches
        forward += 2 * (visible + extra) * backbone.width * inner
        forward += 2 * patches * inner * architecture.patch_values
        forward += architecture.decoder_depth * _block_flops(
            patches + extra, inner, backbone.mlp_ratio
        )
    return float(forward * (3 if training else 1))


def _block_flops(tokens: int, width: int, mlp_ratio: float) -> float:
    """Four projections, the two layers of the MLP, and the two products of attention."""
    return 2 * tokens * width * (4 * width + 2 * round(mlp_ratio * width)) + 4 * tokens**2 * width
