"""Weights as a training leaves them, and images as a user has them."""

from dataclasses import replace

import numpy as np
import torch
from PIL import Image

from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import save_weights

GREY = Architecture(8, 12, 1, 2, 2, 2, 1, Backbone(16, 2, 8, 2, 2.0, True))
COLOUR = replace(GREY, channels=3)
SQUARE = replace(COLOUR, width_pixels=8, unit=1)


def save(path, epoch=3, architecture=GREY, kind="mae", parts=("encoder.", "decoder."), **recipe):
    """Weights as a training run leaves them, and the network they were taken from."""
    model = MaskedAutoencoder(
        replace(architecture, decoder_depth=1),
        torch.full((architecture.channels,), 0.4),
        torch.full((architecture.channels,), 0.2),
        torch.Generator().manual_seed(0),
    )
    state = {name: value for name, value in model.state_dict().items() if name.startswith(parts)}
    metadata = {
        "kind": kind,
        "architecture": to_json(architecture),
        "mask_ratio": 0.5,
        "recipe": {"sampling": "bernoulli", "normalise_targets": True, "loss_on": "all"} | recipe,
        "n_train": 60,
        "epoch": epoch,
        "epochs": 7,
        "status": "completed",
    }
    save_weights(path, state, metadata)
    return model


def drawn(n, channels, height=8, width=12):
    rng = np.random.default_rng(n + channels)
    return rng.integers(256, size=(n, height, width, channels), dtype=np.uint8)


def paint(folder, images):
    """PNGs 0.png, 1.png, .. in folders, as classes and splits are laid out."""
    for number, image in enumerate(images):
        path = folder / ("train" if number % 2 else "test") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).save(path)
    return folder
