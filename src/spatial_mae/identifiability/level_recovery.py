"""Which levels of a known hierarchy a trained encoder holds, of images with nothing hidden.

The prediction of the Gaussian tree (docs/quad-tree.md) is about features of whole images: their
level does not depend on the mask ratio of training. So nothing is hidden here, the noises of each
level are regressed on the encoder's features, and R^2 is averaged over the level.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from scipy.linalg import eigh

from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.features import freeze, image_batches
from spatial_mae.evaluation.origin import check_images, earlier_epochs, scale
from spatial_mae.files import Row
from spatial_mae.hierarchy.builders import quad_tree
from spatial_mae.identifiability.level_recipe import LevelRecoveryRecipe
from spatial_mae.identifiability.recovery import BATCH, SPLITS, Features, LatentImages
from spatial_mae.identifiability.regression import Sample, held_out_r_squared
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.models.weights import load_encoder


def recover_levels(
    dataset: Dataset,
    weights: Path,
    checkpoints: Path,
    recipe: LevelRecoveryRecipe,
    device: torch.device | str = "cpu",
) -> list[Row]:
    """One row for each source, representation, readout, metric and level.

    Sources: trained, the encoder of `weights`; untrained, that of epoch 0 in `checkpoints`; pixels.
    Metrics: `r_squared`, the mean over a level's noises; and of `all` levels `mean_level`, the mean
    level of the noises, weighted by R^2 (0 where below 0).

    Raises ValueError if the network is for other images, FileNotFoundError if the latents are not
    known.
    """
    encoder, metadata = load_encoder(weights, device)
    check_images(dataset, encoder.architecture)
    untrained, _ = load_encoder(earlier_epochs(checkpoints, metadata["epoch"], "last")[0], device)
    data = LatentImages.load(dataset, recipe)
    graph = quad_tree(data.depth)
    levels = np.array([graph.level[name] for name in data.names])
    made = scale(metadata) | {"n_fitted": recipe.n_fitted, "n_test": recipe.n_test}
    rows = []
    for (source, representation), features in _sources(encoder, untrained, data, recipe):
        train, test = (Sample(features[s], data.latents[s]) for s in SPLITS)
        for readout in recipe.readouts:
            named = {"source": source, "representation": representation, "readout": readout}
            named["components"] = recipe.components if representation == "components" else None
            scores = held_out_r_squared(train, test, readout, recipe)
            rows += [named | row | made for row in level_scores(scores, levels)]
    return rows


def level_scores(scores: np.ndarray, levels: np.ndarray) -> Iterator[Row]:
    """R^2 by level and their mean level, from the R^2 and the level of each coordinate (q,)."""
    for level in range(int(levels.max()), -1, -1):
        value = float(scores[levels == level].mean())
        yield {"metric": "r_squared", "level": level, "value": value}
    known = np.maximum(scores, 0)
    mean = float(known @ levels / known.sum()) if known.any() else None
    yield {"metric": "mean_level", "level": "all", "value": mean}


def _sources(
    encoder: VisionTransformer,
    untrained: VisionTransformer,
    data: LatentImages,
    recipe: LevelRecoveryRecipe,
) -> Iterator[tuple[tuple[str, str], Features]]:
    for source, network in (("trained", encoder), ("untrained", untrained)):
        freeze(network)
        patches = {split: _tokens(network, images) for split, images in data.images.items()}
        for name in recipe.representations:
            yield (source, name), _read(patches, name, recipe.components)
    flat = {
        split: np.concatenate([b.flatten(1).double().numpy() for b in _batches(images, "cpu")])
        for split, images in data.images.items()
    }
    yield ("pixels", "whole"), flat


def _tokens(network: VisionTransformer, images: object) -> np.ndarray:
    """Patch tokens of whole images, float64 (n, P, width)."""
    device, extra = network.positions.device, network.n_extra
    with torch.inference_mode():
        parts = [network(batch)[:, extra:].double().cpu() for batch in _batches(images, device)]
    return torch.cat(parts).numpy()


def _batches(images: object, device: torch.device | str) -> Iterator[torch.Tensor]:
    return (batch for _, batch in image_batches(images, BATCH, torch.device(device)))


def _read(patches: Features, representation: str, components: int) -> Features:
    if representation == "mean":
        return {split: tokens.mean(axis=1) for split, tokens in patches.items()}
    flat = {split: tokens.reshape(len(tokens), -1) for split, tokens in patches.items()}
    return flat if representation == "tokens" else leading_components(flat, components)


def leading_components(features: Features, components: int) -> Features:
    """The first principal components of the training images' features, of both splits (n, k).

    Raises ValueError for more components than features.
    """
    size = features["train"].shape[1]
    if components > size:
        raise ValueError(
            f"components {components}: the tokens have {size} values; use at most that"
        )
    mean = features["train"].mean(axis=0)
    covariance = np.cov(features["train"], rowvar=False)
    basis = eigh(covariance, subset_by_index=(size - components, size - 1))[1]
    return {split: (values - mean) @ basis for split, values in features.items()}
