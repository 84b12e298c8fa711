"""What stands beside every score of a pretrained network: how it was made, and how large it is."""

from collections.abc import Mapping

from spatial_mae.files import Row


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
        "pretrain_seconds": metadata["seconds"],
        "pretrain_images_per_second": metadata["images_per_second"],
        "pretrain_peak_memory_bytes": metadata["peak_memory_bytes"],
        "parameters": metadata["parameters"],
        "precision": metadata["precision"],
        "device": metadata["device"],
    }
