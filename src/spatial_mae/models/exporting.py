"""Our weights as a ViTMAE folder, which transformers and `models.hub` read."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from safetensors.torch import save
from torch import Tensor, nn

from spatial_mae.files import write_text
from spatial_mae.models.architecture import Architecture, check_masking
from spatial_mae.models.filling import QKV
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.model_card import model_card
from spatial_mae.models.naming import TO_TRANSFORMERS, renamed
from spatial_mae.models.tensor_files import WEIGHTS
from spatial_mae.models.weights import load_mae

BICUBIC = 3  # of pillow, as for the published ViTMAE networks


def export_vit_mae(
    weights: str | Path, folder: str | Path, manifest: Mapping | None = None
) -> list[str]:
    """Write config.json, model.safetensors, preprocessor_config.json and README.md to a new folder.

    manifest: of the data set that the network was trained on; the model card names it. Returns the
    names of the files. The folder is whole or absent.

    Raises ValueError for weights without a decoder or without a record of their training, networks
    that no ViTMAE can be (see `check_exportable`), or a manifest of other images; FileExistsError
    if `folder` is there and not empty.
    """
    folder = Path(folder).resolve()
    check_new(folder)
    model, metadata = load_mae(weights)
    if missing := sorted({"mask_ratio", "recipe"} - metadata.keys()):
        raise ValueError(
            f"{weights}: does not say how it was trained ({', '.join(missing)}); give weights that "
            "pretrain_mae wrote"
        )
    check_exportable(weights, model.architecture)
    _check_images(weights, metadata, manifest)
    config, pixels = vit_mae_config(model, metadata), preprocessor_config(model)
    with _new_folder(folder) as temporary:
        tensors = {n: t.contiguous() for n, t in vit_mae_tensors(model).items()}
        (temporary / WEIGHTS).write_bytes(save(tensors, metadata={"format": "pt"}))
        write_text(temporary / "config.json", json.dumps(config, indent=1) + "\n")
        write_text(temporary / "preprocessor_config.json", json.dumps(pixels, indent=1) + "\n")
        card = model_card(folder.name, metadata, config, pixels, manifest)
        write_text(temporary / "README.md", card)
    return sorted(path.name for path in folder.iterdir())


def check_exportable(weights: str | Path, architecture: Architecture) -> None:
    """Raise ValueError for a network that differs from every ViTMAE."""
    if not architecture.backbone.class_token:
        raise ValueError(
            f"{weights}: the network has no class token, and every ViTMAE has one; pretrain with "
            "class_token: true"
        )
    rows, columns = architecture.grid
    if rows != columns:
        raise ValueError(
            f"{weights}: images of {architecture.height} x {architecture.width_pixels} pixels; "
            "transformers' ViTMAE takes square images alone"
        )


def _check_images(weights: str | Path, metadata: Mapping, manifest: Mapping | None) -> None:
    """Raise ValueError if the manifest's images are others than those of the training."""
    if manifest is None:
        return
    if not isinstance(manifest, Mapping) or not {"dataset", "files"} <= manifest.keys():
        raise ValueError("the manifest names no data set and files; give one of prepare_dataset")
    known = metadata.get("data", {}).get("train.npy")
    if known != manifest["files"].get("train.npy", {}).get("sha256"):
        raise ValueError(
            f"{weights}: trained on other images than those of data set {manifest['dataset']!r} "
            "(SHA-256 of train.npy); give the manifest.json of its own data set"
        )


def vit_mae_tensors(model: MaskedAutoencoder) -> dict[str, Tensor]:
    """The network's tensors under ViTMAE's names, positions included."""
    state = {name: value for name, value in model.state_dict().items() if ".pixel_" not in name}
    for part in ("encoder", "decoder"):
        positions = getattr(model, part).positions
        state[f"{part}.positions"] = nn.functional.pad(positions, (0, 0, 1, 0))[None]
    for name in [name for name in state if ".qkv." in name]:
        parts = state.pop(name).chunk(3)
        state |= {name.replace("qkv", own): part for own, part in zip(QKV, parts, strict=True)}
    for name in ("encoder.class_token", "decoder.mask_token"):
        state[name] = state[name].reshape(1, 1, -1)
    sizes, name = model.architecture, "encoder.patch_embedding.weight"
    # A patch here is (row, column, channel), a convolution's kernel (channel, row, column).
    kernel = state[name].reshape(-1, sizes.patch_size, sizes.patch_size, sizes.channels)
    state[name] = kernel.permute(0, 3, 1, 2)
    return {renamed(name, TO_TRANSFORMERS): value for name, value in state.items()}


def vit_mae_config(model: MaskedAutoencoder, metadata: Mapping) -> dict:
    """What config.json holds."""
    sizes, backbone = model.architecture, model.architecture.backbone
    sampling = metadata["recipe"].get("sampling", "exact")
    return {
        "architectures": ["ViTMAEForPreTraining"],
        "model_type": "vit_mae",
        "image_size": sizes.height,
        "patch_size": sizes.patch_size,
        "num_channels": sizes.channels,
        "hidden_size": backbone.width,
        "num_hidden_layers": sizes.encoder_depth,
        "num_attention_heads": backbone.encoder_heads,
        "intermediate_size": round(backbone.mlp_ratio * backbone.width),
        "decoder_hidden_size": backbone.decoder_width,
        "decoder_num_hidden_layers": sizes.decoder_depth,
        "decoder_num_attention_heads": backbone.decoder_heads,
        "decoder_intermediate_size": round(backbone.mlp_ratio * backbone.decoder_width),
        "hidden_act": "gelu",
        "qkv_bias": True,
        "layer_norm_eps": model.encoder.norm.eps,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "initializer_range": 0.02,
        "mask_ratio": transformers_ratio(sizes, metadata["mask_ratio"], sampling),
        "norm_pix_loss": metadata["recipe"]["normalise_targets"],
        "dtype": "float32",
    }


def transformers_ratio(sizes: Architecture, mask_ratio: float, sampling: str = "exact") -> float:
    """The ratio at which transformers hides as many patches as we do at `mask_ratio`.

    It shows int(N (1 - ratio)) of N patches, we the nearest number of mask units: at 0.4, of 16
    patches, it hides 7 and we 6. sampling: the law of the masks, since some hide another number.

    Raises ValueError as `check_masking`.
    """
    check_masking(sizes, mask_ratio, sampling)
    n, visible = sizes.n_patches, sizes.n_visible(mask_ratio, sampling)
    hidden = n - visible
    ratios = mask_ratio, hidden / n, (hidden - 0.25) / n
    return next(ratio for ratio in ratios if int(n * (1 - ratio)) == visible)


def preprocessor_config(model: MaskedAutoencoder) -> dict:
    """What preprocessor_config.json holds: pixels in [0, 1], then standardised."""
    sizes = model.architecture
    return {
        "image_processor_type": "ViTImageProcessor",
        "do_resize": True,
        "size": {"height": sizes.height, "width": sizes.width_pixels},
        "resample": BICUBIC,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": model.encoder.pixel_mean.tolist(),
        "image_std": model.encoder.pixel_deviation.tolist(),
    }


def check_new(folder: Path) -> None:
    """Raise FileExistsError unless there is nothing at `folder`, or an empty folder."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already and not empty; name a new folder")


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder next to `folder`, renamed to it only if the block succeeds."""
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    temporary.mkdir(parents=True)
    try:
        yield temporary
        check_new(folder)
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
