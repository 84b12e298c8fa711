"""What a ViTMAE folder's JSON files say: sizes, and the statistics of pixels."""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from spatial_mae.models.architecture import Architecture, Backbone
from spatial_mae.models.filling import NEED_DECODER

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


def read_config(folder: Path) -> dict:
    """config.json of a folder; ValueError if it is missing or not of a ViTMAE we can be."""
    config = _read_json(folder / "config.json")
    if "model_type" not in config and "architecture" in config:
        raise ValueError(
            f"{folder}: timm's {config['architecture']}, an encoder alone. {NEED_DECODER}"
        )
    if config.get("model_type") != "vit_mae":
        raise ValueError(
            f"{folder}: model_type {config.get('model_type')!r} is not 'vit_mae'; "
            "give weights that ViTMAEForPreTraining.save_pretrained wrote"
        )
    if field(folder, config, "hidden_act") != "gelu":
        raise ValueError(
            f"{folder}: hidden_act {config['hidden_act']!r} is not 'gelu', our only activation"
        )
    return config


def _read_json(path: Path) -> dict:
    if not path.is_file():
        raise ValueError(
            f"{path.parent}: holds no {path.name}; give a folder that "
            "ViTMAEForPreTraining.save_pretrained wrote"
        )
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: no JSON ({error}); save or copy it again") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path}: holds no JSON object; save or copy it again")
    return values


def field(folder: Path, config: Mapping, name: str) -> object:
    """A value of config.json; ValueError if it is missing."""
    if name not in config:
        raise ValueError(f"{folder}: config.json lacks {name}, which save_pretrained writes")
    return config[name]


def _size(folder: Path, config: Mapping, name: str) -> int:
    value = field(folder, config, name)
    if type(value) is not int or value < 1:
        raise ValueError(f"{folder}: config.json: {name} {value!r} is no whole number above 0")
    return value


def _sides(folder: Path, config: Mapping, name: str) -> tuple[int, int]:
    """Height and width of a field that is one number or two."""
    value = field(folder, config, name)
    sides = value if isinstance(value, list) else [value, value]
    if len(sides) != 2 or not all(type(side) is int for side in sides):
        raise ValueError(f"{folder}: config.json: {name} {value!r} is no size in whole pixels")
    return sides[0], sides[1]


def architecture_of(folder: Path, config: Mapping) -> Architecture:
    """The sizes in config.json; ValueError for sizes that no network of ours can have."""
    height, width = _sides(folder, config, "image_size")
    patch_size, other_side = _sides(folder, config, "patch_size")
    if patch_size != other_side:
        raise ValueError(f"{folder}: patches of {patch_size} x {other_side} pixels are not square")
    try:
        return Architecture(
            height=height,
            width_pixels=width,
            channels=_size(folder, config, "num_channels"),
            patch_size=patch_size,
            unit=1,
            encoder_depth=_size(folder, config, "num_hidden_layers"),
            decoder_depth=_size(folder, config, "decoder_num_hidden_layers"),
            backbone=Backbone(
                width=_size(folder, config, "hidden_size"),
                encoder_heads=_size(folder, config, "num_attention_heads"),
                decoder_width=_size(folder, config, "decoder_hidden_size"),
                decoder_heads=_size(folder, config, "decoder_num_attention_heads"),
                mlp_ratio=_mlp_ratio(folder, config),
                class_token=True,
            ),
        )
    except ValueError as error:
        raise ValueError(f"{folder}: {str(error).removeprefix(f'{folder}: ')}") from error


def _mlp_ratio(folder: Path, config: Mapping) -> float:
    """Hidden over token width, which our encoder and decoder share."""
    hidden = _size(folder, config, "intermediate_size")
    decoder_hidden = _size(folder, config, "decoder_intermediate_size")
    ratio = hidden / _size(folder, config, "hidden_size")
    if round(ratio * _size(folder, config, "decoder_hidden_size")) != decoder_hidden:
        raise ValueError(
            f"{folder}: decoder_intermediate_size {decoder_hidden} is not {ratio:g} times "
            f"decoder_hidden_size {config['decoder_hidden_size']}, as intermediate_size {hidden} "
            f"is of hidden_size {config['hidden_size']}; our decoder has the encoder's ratio"
        )
    return ratio


def pixel_statistics(folder: Path, channels: int) -> tuple[Tensor, Tensor]:
    """Mean and deviation (channels,) of pixels in [0, 1], from preprocessor_config.json.

    ImageNet's where that file or its values are missing; 0 and 1 where it says not to normalise.
    Raises ValueError if they are for another number of channels.
    """
    path = folder / "preprocessor_config.json"
    config = _read_json(path) if path.is_file() else {}
    if not config.get("do_normalize", True):
        return torch.zeros(channels), torch.ones(channels)
    mean = config.get("image_mean") or IMAGENET_MEAN
    deviation = config.get("image_std") or IMAGENET_DEVIATION
    statistics = [torch.as_tensor(values, dtype=torch.float32) for values in (mean, deviation)]
    if any(values.shape != (channels,) for values in statistics):
        source = path.name if config else f"no {path.name}, so ImageNet's statistics"
        raise ValueError(
            f"{folder}: {source}: mean {mean} and deviation {deviation} are not for {channels} "
            f"channels; put image_mean and image_std of that length into {path.name}"
        )
    return statistics[0], statistics[1]
