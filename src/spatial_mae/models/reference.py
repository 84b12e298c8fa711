"""Weights of the reference MAE (He et al. 2022), as our network: one file of torch.save, or one of
safetensors with the same names.

The file holds no count of heads and, without the arguments of its program, not how the network was
trained. A JSON file of the same name next to it says what is missing, see `TrainedAs`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.filling import check_decoder, fill
from spatial_mae.models.hub_config import IMAGENET_DEVIATION, IMAGENET_MEAN
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.naming import REFERENCE, common_prefix, renamed
from spatial_mae.models.tensor_files import is_pickle, read_pickle, read_safetensors, unwrapped
from spatial_mae.study import recipes
from spatial_mae.study.keys import Count, Length, Part, Positive

# Of the published networks: ViT-B, -L and -H, and their decoder.
HEADS = {768: 12, 1024: 16, 1280: 16}
DECODER_HEADS = {512: 16}
KNOWN_BY = ("cls_token", "patch_embed.proj.weight")


@dataclass(frozen=True)
class TrainedAs:
    """What the JSON file next to the weights may hold."""

    mask_ratio: Part
    """Of the training; the published networks 0.75."""
    normalise_targets: bool
    """Whether target patches had mean 0 and deviation 1 (--norm_pix_loss)."""
    encoder_heads: Count | None = None
    """null: as published for this width, 768, 1024 or 1280."""
    decoder_heads: Count | None = None
    """null: as published for this width, 512."""
    image_mean: Annotated[tuple[float, ...], Length(1)] = IMAGENET_MEAN
    """Of each channel of the training images, pixels in [0, 1]; the reference takes ImageNet's."""
    image_std: Annotated[tuple[Positive, ...], Length(1)] = IMAGENET_DEVIATION
    """The deviations."""


def sidecar(path: Path) -> Path:
    """The JSON file next to a weights file."""
    return path.with_suffix(".json")


def is_reference(path: Path) -> bool:
    """Whether a file is one of torch.save, or of safetensors with the reference's or timm's names.

    False for what cannot be read at all, which the reader of our own weights explains.
    """
    if not path.is_file():
        return False
    if is_pickle(path):
        return True
    try:
        with safe_open(path, framework="pt") as archive:
            names = set(archive.keys())
    except (SafetensorError, OSError):
        return False
    prefix = common_prefix(names)
    return any(prefix + name in names for name in KNOWN_BY)


def load_reference(
    path: str | Path, device: str | torch.device = "cpu"
) -> tuple[MaskedAutoencoder, dict]:
    """The network of a file, and what is known of it, as `load_vit_mae`.

    Raises ValueError, naming the file and what to do, for a pickle with more than tensors and plain
    values, a missing decoder, unknown heads or training, tensors or positions that do not fit.
    """
    path = Path(path)
    found, arguments = read_pickle(path) if is_pickle(path) else (read_safetensors(path), {})
    with unwrapped(path, found) as found:
        tensors = {renamed(name, REFERENCE): tensor for name, tensor in found.items()}
        check_decoder(path, tensors)
        trained = _trained_as(path, arguments)
        architecture = _architecture(path, tensors, trained)
        statistics = [torch.tensor(values) for values in (trained.image_mean, trained.image_std)]
        if any(len(values) != architecture.channels for values in statistics):
            raise ValueError(
                f"{path}: image_mean and image_std are for {len(trained.image_mean)} and "
                f"{len(trained.image_std)} channels, the network for {architecture.channels}; put "
                f"those of its images into {sidecar(path).name}"
            )
        model = MaskedAutoencoder(architecture, *statistics)
        fill(path, model, tensors, "the patch embedding and blocks")
    metadata = {
        "kind": "mae",
        "architecture": to_json(architecture),
        "mask_ratio": trained.mask_ratio,
        "normalise_targets": trained.normalise_targets,
    }
    return model.to(device), metadata


def _trained_as(path: Path, arguments: Mapping) -> TrainedAs:
    """From the JSON file and, for what it leaves out, the program's arguments."""
    theirs = {"mask_ratio": "mask_ratio", "normalise_targets": "norm_pix_loss"}
    known = {ours: arguments[name] for ours, name in theirs.items() if name in arguments}
    beside = sidecar(path)
    try:
        if beside.is_file():
            known |= json.loads(beside.read_text(encoding="utf-8"))
        if missing := sorted(theirs.keys() - known.keys()):
            example = {"mask_ratio": 0.75, "normalise_targets": False}
            raise ValueError(
                f"{', '.join(missing)} unknown, as the file does not say how it was trained; write "
                f"them as {json.dumps(example)} into {beside}. The published networks were trained "
                "at 0.75, mae_visualize_*.pth without normalised targets (false) and "
                "mae_pretrain_*_full.pth with them (true)"
            )
        return recipes.load(TrainedAs, json.dumps(known))
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} (with {beside.name}): {error}") from error


def _architecture(path: Path, tensors: Mapping[str, Tensor], trained: TrainedAs) -> Architecture:
    """The sizes that the shapes show. Raises ValueError if they show none that we can have."""
    width, channels, patch_size, other_side = _shape(path, tensors, "patch_embedding.weight", 4)
    decoder_width = _shape(path, tensors, "embedding.weight", 2, "decoder")[0]
    hidden = _shape(path, tensors, "blocks.0.mlp.expand.weight", 2)[0]
    n_patches = _shape(path, tensors, "positions", 3)[1] - 1
    side = round(n_patches**0.5)
    if side**2 != n_patches or patch_size != other_side:
        raise ValueError(
            f"{path}: {n_patches} patches of {patch_size} x {other_side} pixels; those of the "
            "reference are square, in a square image"
        )
    try:
        backbone = Backbone(
            width=width,
            encoder_heads=_heads("encoder_heads", trained.encoder_heads, HEADS, width),
            decoder_width=decoder_width,
            decoder_heads=_heads(
                "decoder_heads", trained.decoder_heads, DECODER_HEADS, decoder_width
            ),
            mlp_ratio=hidden / width,
            class_token=True,
        )
        pixels = side * patch_size
        depths = [_depth(tensors, part) for part in ("encoder", "decoder")]
        return Architecture(pixels, pixels, channels, patch_size, 1, *depths, backbone)
    except ValueError as error:
        raise ValueError(f"{path} (with {sidecar(path).name}): {error}") from error


def _shape(
    path: Path, tensors: Mapping[str, Tensor], name: str, n: int, part: str = "encoder"
) -> tuple[int, ...]:
    name = f"{part}.{name}"
    if name not in tensors or tensors[name].ndim != n or 0 in tensors[name].shape:
        found = tuple(tensors[name].shape) if name in tensors else "missing"
        raise ValueError(f"{path}: {name} (our name) is {found}; {n} dimensions are needed")
    return tuple(tensors[name].shape)


def _heads(name: str, given: int | None, published: Mapping[int, int], width: int) -> int:
    if given or width in published:
        return given or published[width]
    raise ValueError(
        f"{name} unknown: the file does not hold it, and width {width} is none of the published "
        f"networks' ({', '.join(map(str, published))}); add {name} to the JSON file"
    )


def _depth(tensors: Mapping[str, Tensor], part: str) -> int:
    start = f"{part}.blocks."
    return len({name.split(".")[2] for name in tensors if name.startswith(start)})
