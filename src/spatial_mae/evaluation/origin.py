"""Where weights come from: how they were made, what they are for, the epochs before them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from spatial_mae.data.store import Dataset
from spatial_mae.files import Row
from spatial_mae.models.architecture import Architecture
from spatial_mae.models.weights import read_metadata


def scale(metadata: Mapping) -> Row:
    """Size and length of the training, from the metadata of weights: what a verdict must name."""
    return {
        "epochs": metadata["epochs"],
        "pretrain_n_train": metadata["n_train"],
        "model_width": metadata["architecture"]["backbone"]["width"],
        "status": metadata["status"],
    }


def origin(metadata: Mapping, final: Mapping) -> Row:
    """How weights came about and what they cost; `final` is the metadata of the finished run."""
    recipe, backbone = final["recipe"], final["architecture"]["backbone"]
    return {
        **scale(final),
        "epoch": metadata["epoch"],
        "encoder_heads": backbone["encoder_heads"],
        "decoder_heads": backbone["decoder_heads"],
        "batch_size": recipe["batch_size"],
        "warmup_epochs": recipe["warmup_epochs"],
        "weight_decay": recipe["weight_decay"],
        "random_crop": "no" if tuple(recipe["crop_scale"]) == (1, 1) else "yes",
        "flip": "yes" if recipe["flip"] else "no",
        "boundary_width": recipe.get("boundary_width", 0),  # older weights: the plain loss
        "recipe_but_boundary": _but_boundary(recipe),
        "pretrain_seconds": metadata["seconds"],
        "pretrain_images_per_second": metadata["images_per_second"],
        "pretrain_peak_memory_bytes": metadata["peak_memory_bytes"],
        "parameters": metadata["parameters"],
        "precision": metadata["precision"],
        "device": metadata["device"],
    }


def _but_boundary(recipe: Mapping) -> str:
    """Equal for recipes that differ in `boundary_width` alone; starts with a letter, as text."""
    rest = {key: value for key, value in recipe.items() if key != "boundary_width"}
    return "r" + hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:8]


def check_images(dataset: Dataset, architecture: Architecture) -> None:
    """ValueError unless the network is for images of this data set's size."""
    manifest = dataset.manifest
    found = (manifest["height"], manifest["width"], manifest["channels"])
    expected = (architecture.height, architecture.width_pixels, architecture.channels)
    if found != expected:
        raise ValueError(
            f"data set {manifest['dataset']!r} has images of {_size(found)} (height, width, "
            f"channels), the network is for {_size(expected)}: use weights pretrained on this size"
        )


def earlier_epochs(folder: Path, last_epoch: int, which: str) -> list[Path]:
    """The checkpoints to evaluate before the last epoch, in order: epoch 0, or "all" in `folder`.

    Raises ValueError if there is no checkpoint of epoch 0, the untrained control, or a damaged one.
    """
    found = {_epoch(path): path for path in folder.glob("epoch-*.safetensors")}
    if 0 not in found:
        raise ValueError(
            f"{folder} has no epoch-0.safetensors, the untrained network that trained ones are "
            "compared with: pretrain again"
        )
    chosen = sorted(found) if which == "all" else [0]
    return [found[epoch] for epoch in chosen if epoch < last_epoch]


def _epoch(path: Path) -> int:
    try:
        return read_metadata(path)["epoch"]
    except ValueError as error:
        whole = f"checkpoints are made again all together: delete the folder {path.parent}"
        raise ValueError(f"{error}. {whole}, not one file of it") from error


def _size(sides: tuple[int, int, int]) -> str:
    return " x ".join(map(str, sides))
