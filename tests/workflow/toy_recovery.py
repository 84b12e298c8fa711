"""A data set of known latents and a network, for the tests of their recovery."""

from pathlib import Path

import numpy as np
import torch

from spatial_mae.data.hierarchical import Hierarchical, prepare
from spatial_mae.data.store import Dataset, open_dataset, write_dataset
from spatial_mae.identifiability.recipe import RecoveryRecipe
from spatial_mae.models.architecture import Architecture, Backbone, to_json
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import save_weights

RECIPE = RecoveryRecipe(
    n_fitted=300,
    n_test=150,
    n_masks=2,
    representations=("class_token", "mean", "tokens"),
    readouts=("linear", "kernel"),
    penalties=(1e-4, 0.1, 100.0),
    bandwidths=(1.0,),
    validation_share=0.2,
)
TREE = Hierarchical(
    n_train=400,
    n_test=200,
    size=(4, 4),
    channels=1,
    noise_sizes=(2, 2),
    n_layers=1,
    strength=0.0,
    frequency=1.0,
)


def tree_dataset(folder: Path) -> Dataset:
    """A root above 2 x 2 patches of 2 x 2 pixels, the equations linear."""
    prepared = prepare(TREE, None, None, np.random.default_rng(0))
    recipe = {"noise_sizes": TREE.noise_sizes}
    write_dataset(folder / "manifest.json", "tree", "hierarchical", prepared, recipe)
    return open_dataset(folder / "manifest.json")


def write_run(
    folder: Path, patch_size: int = 2, class_token: bool = True, sampling: str = "exact"
) -> None:
    """w.safetensors and checkpoints/epoch-0.safetensors of a network that never trained."""
    backbone = Backbone(8, 2, 8, 2, 2.0, class_token)
    sizes = Architecture(4, 4, 1, patch_size, 1, 1, 1, backbone)
    for name, epoch in (("w", 3), ("checkpoints/epoch-0", 0)):
        model = MaskedAutoencoder(sizes, generator=torch.Generator().manual_seed(epoch))
        metadata = {
            "kind": "mae",
            "architecture": to_json(sizes),
            "mask_ratio": 0.25,
            "recipe": {"sampling": sampling},
            "epoch": epoch,
            "epochs": 3,
            "n_train": 400,
            "status": "completed",
        }
        save_weights(folder / f"{name}.safetensors", model.state_dict(), metadata)
