"""transformers' ViTMAE weights, as `save_pretrained` leaves them in a folder, as our network.

Read with json and safetensors alone: nothing is downloaded or unpickled, and transformers is not
needed.
"""

from pathlib import Path

import torch
from torch import nn

from spatial_mae.models.architecture import to_json
from spatial_mae.models.filling import check_decoder, fill, joined
from spatial_mae.models.hub_config import architecture_of, field, pixel_statistics, read_config
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.naming import TRANSFORMERS, renamed
from spatial_mae.models.tensor_files import read_folder, unwrapped


def load_vit_mae(
    folder: str | Path, device: str | torch.device = "cpu"
) -> tuple[MaskedAutoencoder, dict]:
    """The network of a folder with config.json and weights in one safetensors file or in several.

    Pixel statistics are those of preprocessor_config.json, without that file ImageNet's. The
    network takes images in [0, 1] at the checkpoint's size, as any of ours, and has the
    checkpoint's LayerNorm epsilon, which our own weights files do not keep.

    The metadata are "kind" ("mae"), "architecture", "mask_ratio" and "normalise_targets": how the
    network was trained.

    Raises ValueError, naming the folder and what is missing or does not fit: a file, a field, the
    decoder, tensors by their names and shapes, positions that are no fixed sines and cosines.
    """
    folder = Path(folder)
    config = read_config(folder)
    architecture = architecture_of(folder, config)
    with unwrapped(folder, read_folder(folder)) as found:
        tensors = {renamed(name, TRANSFORMERS): tensor for name, tensor in found.items()}
        check_decoder(folder, tensors)
        tensors = joined(folder, tensors, bool(field(folder, config, "qkv_bias")))
        model = MaskedAutoencoder(architecture, *pixel_statistics(folder, architecture.channels))
        fill(folder, model, tensors, "config.json")
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            module.eps = float(field(folder, config, "layer_norm_eps"))
    metadata = {
        "kind": "mae",
        "architecture": to_json(architecture),
        "mask_ratio": float(field(folder, config, "mask_ratio")),
        "normalise_targets": bool(field(folder, config, "norm_pix_loss")),
    }
    return model.to(device), metadata
