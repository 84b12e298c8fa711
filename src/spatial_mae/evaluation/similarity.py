"""How alike the layers of two encoders are: linear CKA on the same images."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.cka import linear_cka
from spatial_mae.evaluation.features import check_representations, freeze, layer_features
from spatial_mae.evaluation.origin import check_images, scale
from spatial_mae.evaluation.recipe import SimilarityRecipe
from spatial_mae.files import Row
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.models.weights import load_encoder
from spatial_mae.training.loader import load_images
from spatial_mae.training.mapped_images import Images, read_ahead


def compare_layers(
    dataset: Dataset,
    weights: Path,
    reference: Path,
    recipe: SimilarityRecipe,
    seed: int,
    device: torch.device | str = "cpu",
) -> list[Row]:
    """CKA of each block's output with each block's of the reference: one row a pair.

    Layers are numbered from 1, the output of the first block; features are of unmasked images.
    `n_images` counts whole batches; images are batched in an order that `seed` gives. cka is empty
    where a layer gives all images the same features. status is "completed" where both
    pretrainings are. seconds are those of the whole comparison, on the images that
    images_per_second counts, each seen by both encoders.

    Raises ValueError if an encoder is not for these images, lacks the class token that is asked
    for, or there are fewer images than the recipe wants.
    """
    ours, metadata = _open(weights, dataset, recipe, device)
    theirs, other = _open(reference, dataset, recipe, device)
    images = load_images(dataset, recipe.split, recipe.n_images)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(images)))
    n_used = len(images) // recipe.batch_size * recipe.batch_size
    batches = _batches((ours, theirs), images, order[:n_used], recipe)
    start = time.perf_counter()
    found = linear_cka(batches).cpu().numpy()
    seconds = time.perf_counter() - start
    statuses = [status for status in (metadata["status"], other["status"]) if status != "completed"]
    common = {
        "protocol": "cka",
        "split": recipe.split,
        "tokens": recipe.tokens,
        "n_images": n_used,
        "reference_enc": theirs.architecture.encoder_depth,
        **scale(metadata),
        "status": statuses[0] if statuses else "completed",
        "seconds": seconds,
        "images_per_second": n_used / seconds,
    }
    return [
        {"layer": i + 1, "reference_layer": j + 1, "cka": _number(value)} | common
        for (i, j), value in np.ndenumerate(found)
    ]


def _open(
    path: Path, dataset: Dataset, recipe: SimilarityRecipe, device: torch.device | str
) -> tuple[VisionTransformer, dict]:
    encoder, metadata = load_encoder(path, device)
    check_images(dataset, encoder.architecture)
    check_representations(encoder, (recipe.tokens,))
    freeze(encoder)
    return encoder, metadata


def _batches(
    encoders: tuple[VisionTransformer, VisionTransformer],
    images: Images,
    order: Tensor,
    recipe: SimilarityRecipe,
) -> Iterator[tuple[list[Tensor], ...]]:
    batches = order.split(recipe.batch_size)
    read_ahead(images, batches)
    for chosen in batches:
        batch = images[chosen]
        yield tuple(layer_features(encoder, batch, recipe.tokens) for encoder in encoders)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
