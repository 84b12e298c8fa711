"""Tensors under our names, from another program, put into a network after they were checked."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.tensor_files import some

# Sines of the same angles differ by less, computed in float32 or in float64.
POSITION_TOLERANCE = 1e-4
QKV = ("query", "key", "value")
NEED_DECODER = (
    "Jacobians and reconstructions need a decoder. mae_pretrain_vit_base.pth of the reference MAE, "
    "timm's vit_base_patch16_224.mae and transformers' ViTMAEModel lack it; give "
    'ViTMAEForPreTraining.from_pretrained("facebook/vit-mae-base").save_pretrained(FOLDER), or the '
    "reference's mae_pretrain_vit_base_full.pth or mae_visualize_vit_base.pth (large and huge too)"
)


def check_decoder(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Raise ValueError if no tensor (under our names) is a decoder's."""
    if not any(name.startswith("decoder.") for name in tensors):
        raise ValueError(f"{path}: holds an encoder alone, no tensor decoder*. {NEED_DECODER}")


def joined(path: Path, tensors: Mapping[str, Tensor], qkv_bias: bool) -> dict[str, Tensor]:
    """Queries, keys and values, apart in the file, as one layer; zero biases where it has none.

    Raises ValueError if one of the three is missing, or their shapes differ.
    """
    found = dict(tensors)
    queries = [name for name in tensors if name.endswith(".query.weight")]
    queries += [name for name in tensors if name.endswith(".query.bias") and qkv_bias]
    for query in queries:
        parts = [query.replace("query", part) for part in QKV]
        if missing := [part for part in parts if part not in found]:
            raise ValueError(f"{path}: lacks {some(missing)} (our names)")
        values = [found.pop(part) for part in parts]
        if len({value.shape for value in values}) > 1:
            raise ValueError(f"{path}: {query}, key and value are of unlike shapes")
        name = query.replace("query", "qkv")
        found[name] = torch.cat(values)
        if name.endswith(".weight") and not qkv_bias:
            found[name.removesuffix("weight") + "bias"] = torch.zeros(len(found[name]))
    return found


def fill(path: Path, model: MaskedAutoencoder, tensors: Mapping[str, Tensor], sizes: str) -> None:
    """Load tensors under our names, with "encoder.positions" and "decoder.positions".

    sizes: where the model's sizes are from, for messages. Raises ValueError, naming the tensors,
    if some are missing, unknown or of another shape, or positions are none of ours.
    """
    tensors = dict(tensors)
    _check_positions(path, model, tensors, sizes)
    wanted = {name: value for name, value in model.state_dict().items() if ".pixel_" not in name}
    if missing := sorted(wanted.keys() - tensors.keys()):
        raise ValueError(f"{path}: lacks {some(missing)} (our names)")
    if unknown := sorted(tensors.keys() - wanted.keys()):
        raise ValueError(f"{path}: tensors that fit nowhere in a ViTMAE: {some(unknown)}")
    state = {name: _shaped(name, tensors[name]).float() for name in wanted}
    wrong = [
        f"{name} {tuple(state[name].shape)} != {tuple(wanted[name].shape)}"
        for name in wanted
        if state[name].shape != wanted[name].shape
    ]
    if wrong:
        raise ValueError(f"{path}: shapes that do not fit {sizes}: {some(wrong)}")
    model.load_state_dict(state, strict=False)


def _check_positions(
    path: Path, model: MaskedAutoencoder, tensors: dict[str, Tensor], sizes: str
) -> None:
    """Take the positions out of `tensors`: they must be ours, and zero at the class token."""
    for part, module in (("encoder", model.encoder), ("decoder", model.decoder)):
        name = f"{part}.positions"
        if name not in tensors:
            raise ValueError(f"{path}: lacks the positions of the {part}")
        found = tensors.pop(name).squeeze(0)
        ours = nn.functional.pad(module.positions, (0, 0, 1, 0))
        if found.shape != ours.shape:
            raise ValueError(
                f"{path}: {part} positions of shape {tuple(found.shape)}; {tuple(ours.shape)} "
                f"are needed for the sizes in {sizes}"
            )
        gap = (found.float() - ours).abs().max().item()
        # A file of half precision holds rounded positions.
        if not gap <= max(POSITION_TOLERANCE, torch.finfo(found.dtype).eps):
            raise ValueError(
                f"{path}: the {part}'s positions differ by up to {gap:.2g} from fixed sines and "
                "cosines with zeros at the class token, the only ones our networks have"
            )


def _shaped(name: str, tensor: Tensor) -> Tensor:
    if name.endswith("_token"):
        return tensor.reshape(-1)
    if name == "encoder.patch_embedding.weight" and tensor.ndim == 4:
        # A convolution's kernel is (channel, row, column), a patch here (row, column, channel).
        return tensor.permute(0, 2, 3, 1).flatten(1)
    return tensor
