"""Weights files: safetensors with the architecture inside, checked when they are read."""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from spatial_mae.files import check, sealed_path
from spatial_mae.models.architecture import Architecture, difference, from_json
from spatial_mae.models.foreign import unknown_names, unreadable
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.vit import VisionTransformer

# What a weights file holds, under "kind".
NETWORKS = ("mae", "classifier")


def save_weights(path: str | Path, module_state: dict[str, Tensor], metadata: dict) -> None:
    """Write a state dictionary and its metadata, the file being whole or absent.

    `metadata` holds plain values, among them "architecture" (`architecture.to_json`) and "kind"
    ("mae" or "classifier"). Raises ValueError if either is missing.
    """
    from_json(metadata.get("architecture"))
    if metadata.get("kind") not in NETWORKS:
        raise ValueError(
            f"kind {metadata.get('kind')!r} is unknown; use one of {', '.join(NETWORKS)}"
        )
    tensors = {name: value.detach().cpu().contiguous() for name, value in module_state.items()}
    encoded = {name: json.dumps(value, allow_nan=False) for name, value in metadata.items()}
    with sealed_path(path) as temporary:
        # Not `save_file`, which lets nobody but the owner read the file.
        temporary.write_bytes(save(tensors, metadata=encoded))


def read_metadata(path: str | Path) -> dict:
    """The metadata of a weights file.

    Raises ValueError if the file is no whole safetensors file or was written by something else.
    """
    return _read(path)[1]


def load_mae(
    path: str | Path, device: str = "cpu", expected: Architecture | None = None
) -> tuple[MaskedAutoencoder, dict]:
    """The masked autoencoder of a weights file, and its metadata.

    Raises ValueError for a truncated or foreign file, one without a decoder, or an architecture
    other than `expected`, whose differences are named.
    """
    tensors, metadata = _read(path)
    architecture = from_json(metadata["architecture"])
    if architecture.decoder_depth < 1 or not any(name.startswith("decoder.") for name in tensors):
        raise ValueError(
            f"{path}: holds an encoder alone ({metadata['kind']}), no decoder; "
            "give the weights of a masked autoencoder"
        )
    _check(path, architecture, expected)
    model = MaskedAutoencoder(architecture)
    _fill(path, model, tensors)
    return model.to(device), metadata


def load_encoder(
    path: str | Path, device: str = "cpu", expected: Architecture | None = None
) -> tuple[VisionTransformer, dict]:
    """The encoder of a masked autoencoder's or a classifier's weights file, and its metadata.

    Raises ValueError as `load_mae`, save for a missing decoder.
    """
    tensors, metadata = _read(path)
    architecture = from_json(metadata["architecture"])
    _check(path, architecture, expected)
    encoder = VisionTransformer(architecture)
    prefix = "encoder."
    own = {name.removeprefix(prefix): v for name, v in tensors.items() if name.startswith(prefix)}
    _fill(path, encoder, own)
    return encoder.to(device), metadata


def _read(path: str | Path) -> tuple[dict[str, Tensor], dict]:
    if not Path(path).is_file():
        raise ValueError(f"{path}: no such weights file")
    check(path)
    try:
        with safe_open(path, framework="pt") as archive:
            texts = archive.metadata() or {}
            tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(unreadable(Path(path), error)) from error
    if not {"architecture", "kind"} <= set(texts):
        raise ValueError(f"{path}: names no architecture and kind; {unknown_names(tensors)}")
    return tensors, {name: json.loads(text) for name, text in texts.items()}


def _check(path: str | Path, found: Architecture, expected: Architecture | None) -> None:
    if expected is not None and (differences := difference(found, expected)):
        raise ValueError(
            f"{path}: weights of another architecture (found != expected): {'; '.join(differences)}"
        )


def _fill(path: str | Path, model: MaskedAutoencoder | VisionTransformer, tensors: dict) -> None:
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"{path}: does not fit its own architecture; {error}") from error
