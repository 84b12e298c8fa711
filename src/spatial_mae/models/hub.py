"""transformers' ViTMAE weights, as `save_pretrained` leaves them in a folder, as our network.

Read with json and safetensors alone: nothing is downloaded or unpickled, and transformers is not
needed.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from spatial_mae.models.architecture import to_json
from spatial_mae.models.foreign import unreadable, wrapper
from spatial_mae.models.hub_config import architecture_of, field, pixel_statistics, read_config
from spatial_mae.models.mae import MaskedAutoencoder

# Sines of the same angles differ by less, computed in float32 or in float64.
POSITION_TOLERANCE = 1e-4

# Names in files of transformers 4, in files of transformers 5 and in its running networks, and
# ours. Order matters: "attention.output.dense" before "output.dense".
RENAMED = (
    (r"^vit\.(?:encoder\.layer|layers)\.", "encoder.blocks."),
    (r"^decoder\.(?:decoder_layers|decoder_encoder\.layer)\.", "decoder.blocks."),
    (r"^vit\.embeddings\.cls_token$", "encoder.class_token"),
    (r"^vit\.embeddings\.patch_embeddings\.projection\.", "encoder.patch_embedding."),
    (r"^vit\.embeddings\.position_embeddings$", "encoder.positions"),
    (r"^vit\.layernorm\.", "encoder.norm."),
    (r"^decoder\.decoder_embed\.", "decoder.embedding."),
    (r"^decoder\.decoder_pos_embed$", "decoder.positions"),
    (r"^decoder\.decoder_norm\.", "decoder.norm."),
    (r"^decoder\.decoder_pred\.", "decoder.head."),
    (r"\.layernorm_before\.", ".attention_norm."),
    (r"\.layernorm_after\.", ".mlp_norm."),
    (r"\.attention\.(?:attention\.query|q_proj)\.", ".attention.query."),
    (r"\.attention\.(?:attention\.key|k_proj)\.", ".attention.key."),
    (r"\.attention\.(?:attention\.value|v_proj)\.", ".attention.value."),
    (r"\.attention\.(?:output\.dense|o_proj)\.", ".attention.projection."),
    (r"\.(?:intermediate\.dense|mlp\.fc1)\.", ".mlp.expand."),
    (r"\.(?:output\.dense|mlp\.fc2)\.", ".mlp.contract."),
)
QKV = ("query", "key", "value")


def load_vit_mae(
    folder: str | Path, device: str | torch.device = "cpu"
) -> tuple[MaskedAutoencoder, dict]:
    """The network of a folder with config.json and model.safetensors, and what is known of it.

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
    tensors = _read_tensors(folder)
    model = MaskedAutoencoder(architecture, *pixel_statistics(folder, architecture.channels))
    _check_positions(folder, model, tensors)
    _fill(folder, model, tensors, bool(field(folder, config, "qkv_bias")))
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


def _read_tensors(folder: Path) -> dict[str, Tensor]:
    """Tensors under our names; queries, keys and values still apart."""
    path = folder / "model.safetensors"
    if not path.is_file():
        held = sorted(file.name for file in folder.iterdir())
        raise ValueError(
            f"{folder}: holds no model.safetensors but {', '.join(held)}; write one with "
            "ViTMAEForPreTraining.from_pretrained(...).save_pretrained(...), in one shard: pickled "
            "weights (.bin) are never read"
        )
    try:
        with safe_open(path, framework="pt") as archive:
            theirs = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(unreadable(path, error)) from error
    if wrapped := wrapper(theirs):
        raise ValueError(f"{path}: {wrapped}")
    if not any(name.startswith("decoder.") for name in theirs):
        raise ValueError(
            f"{path}: holds an encoder alone, no tensor decoder.*; reconstructions need a decoder: "
            "give weights of ViTMAEForPreTraining, not of ViTMAEModel or a classifier"
        )
    return {our_name(name): tensor for name, tensor in theirs.items()}


def our_name(name: str) -> str:
    """The name in this package of a tensor in a ViTMAE file, unchanged if it is none of those."""
    for theirs, ours in RENAMED:
        name = re.sub(theirs, ours, name)
    return name


def _check_positions(folder: Path, model: MaskedAutoencoder, tensors: dict[str, Tensor]) -> None:
    """Take the positions out of `tensors`: they must be ours, and zero at the class token."""
    for part, module in (("encoder", model.encoder), ("decoder", model.decoder)):
        name = f"{part}.positions"
        if name not in tensors:
            raise ValueError(f"{folder}: model.safetensors lacks the positions of the {part}")
        found = tensors.pop(name).squeeze(0)
        ours = nn.functional.pad(module.positions, (0, 0, 1, 0))
        if found.shape != ours.shape:
            raise ValueError(
                f"{folder}: {part} positions of shape {tuple(found.shape)}; {tuple(ours.shape)} "
                "are needed for the sizes in config.json"
            )
        gap = (found.float() - ours).abs().max().item()
        # A file of half precision holds rounded positions.
        if not gap <= max(POSITION_TOLERANCE, torch.finfo(found.dtype).eps):
            raise ValueError(
                f"{folder}: the {part}'s positions differ by up to {gap:.2g} from fixed sines and "
                "cosines with zeros at the class token, the only ones our networks have"
            )


def _fill(
    folder: Path, model: MaskedAutoencoder, tensors: dict[str, Tensor], qkv_bias: bool
) -> None:
    wanted = {name: value for name, value in model.state_dict().items() if ".pixel_" not in name}
    expected = {part: name for name in wanted for part in _apart(name, qkv_bias)}
    if missing := sorted(expected.keys() - tensors.keys()):
        raise ValueError(f"{folder}: model.safetensors lacks {_some(missing)} (our names)")
    if unknown := sorted(tensors.keys() - expected.keys()):
        raise ValueError(f"{folder}: tensors that fit nowhere in a ViTMAE: {_some(unknown)}")
    try:
        state = {name: _together(name, tensors, qkv_bias).float() for name in wanted}
    except RuntimeError as error:
        raise ValueError(f"{folder}: queries, keys and values of unlike shapes; {error}") from error
    wrong = [
        f"{name} {tuple(state[name].shape)} != {tuple(wanted[name].shape)}"
        for name in wanted
        if state[name].shape != wanted[name].shape
    ]
    if wrong:
        raise ValueError(f"{folder}: shapes that do not fit config.json: {_some(wrong)}")
    model.load_state_dict(state, strict=False)


def _apart(name: str, qkv_bias: bool) -> list[str]:
    """The tensors of the file that one of ours is made of: three of a qkv layer."""
    if name.endswith("qkv.bias") and not qkv_bias:
        return []
    return [name.replace("qkv", part) for part in QKV] if ".qkv." in name else [name]


def _together(name: str, tensors: Mapping[str, Tensor], qkv_bias: bool) -> Tensor:
    """One of our tensors, from those of the file."""
    if ".qkv." in name:
        if not (parts := [tensors[part] for part in _apart(name, qkv_bias)]):
            return torch.zeros(3 * len(tensors[name.replace("qkv.bias", "query.weight")]))
        return torch.cat(parts)
    if name.endswith("_token"):
        return tensors[name].reshape(-1)
    if name == "encoder.patch_embedding.weight" and tensors[name].ndim == 4:
        # A convolution's kernel is (channel, row, column), a patch here (row, column, channel).
        return tensors[name].permute(0, 2, 3, 1).flatten(1)
    return tensors[name]


def _some(names: Iterable[str], most: int = 5) -> str:
    names = list(names)
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
