"""One pass of a trained network, and of the same one untrained, over unmasked test images."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import torch

from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.features import BATCH, freeze, image_batches
from spatial_mae.evaluation.origin import check_images, earlier_epochs, scale
from spatial_mae.evaluation.reconstruction import Masking, masking_of
from spatial_mae.files import Row
from spatial_mae.inspection.attention_pass import AttentionPass
from spatial_mae.inspection.embedding_pass import Classes, EmbeddingPass
from spatial_mae.inspection.recipe import InspectionRecipe
from spatial_mae.inspection.unmasked import UnmaskedQuality
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import load_mae
from spatial_mae.training.loader import load_images
from spatial_mae.training.mapped_images import Images


@dataclass
class Inspection:
    """What was found, epoch 0 before the last.

    unmasked: rows of reconstructions with nothing hidden. attention, maps: rows of
    `AttentionPass`, maps of the last epoch alone. embedding, points: rows of `EmbeddingPass`,
    points of the last epoch alone. seconds, images_per_second: of the pass that all share, without
    t-SNE.
    """

    unmasked: list[Row] = field(default_factory=list)
    attention: list[Row] = field(default_factory=list)
    maps: list[Row] = field(default_factory=list)
    embedding: list[Row] = field(default_factory=list)
    points: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class _Shared:
    """What the passes of all networks have in common."""

    images: Images
    masking: Masking
    classes: Classes
    recipe: InspectionRecipe
    seed: int


def inspect(
    dataset: Dataset,
    weights: Path,
    checkpoints: Path,
    recipe: InspectionRecipe,
    seed: int,
    device: torch.device | str = "cpu",
) -> Inspection:
    """Inspect a run's weights and its untrained network, the checkpoint of epoch 0.

    Raises ValueError if the images are not of the network's size, more are wanted than there are, a
    metric is not available (`quality.check_metrics`), the recipe's pixel is outside the images, the
    classes cannot be embedded (`Classes`), or `checkpoints` holds no epoch 0.
    """
    model, final = load_mae(weights, device)
    check_images(dataset, model.architecture)
    earlier = earlier_epochs(checkpoints, final["epoch"], "last")
    images = load_images(dataset, "test", recipe.n_images)
    shared = _Shared(images, masking_of(final), Classes(dataset, recipe, seed), recipe, seed)
    found = Inspection()
    for path in earlier:
        untrained, metadata = load_mae(path, device, model.architecture)
        _inspect(found, untrained, metadata["epoch"], final, shared)
    _inspect(found, model, final["epoch"], final, shared)
    return found


def _inspect(
    found: Inspection,
    model: MaskedAutoencoder,
    epoch: int,
    final: dict,
    shared: _Shared,
) -> None:
    """Add the rows of one network."""
    freeze(model)
    recipe, images = shared.recipe, shared.images
    quality = UnmaskedQuality(model, shared.masking, recipe)
    attention = AttentionPass(model.encoder, recipe)
    embedding = EmbeddingPass(model.encoder, shared.classes, recipe, shared.seed)
    start = time.perf_counter()
    with torch.inference_mode():
        for _, batch in image_batches(images, BATCH, model.encoder.positions.device):
            layers = model.encoder.layers(batch)
            quality.add(batch, layers)
            attention.add(batch, layers)
            embedding.add(batch, layers)
    seconds = time.perf_counter() - start
    speed = {"seconds": seconds, "images_per_second": len(images) / seconds}
    made = scale(final) | {"epoch": epoch} | speed
    found.unmasked += [row | made for row in quality.rows()]
    found.attention += [row | made for row in attention.rows()]
    found.maps = [row | scale(final) for row in attention.maps()]
    scores, points = embedding.tables()
    found.embedding += [row | made for row in scores]
    found.points = [row | scale(final) for row in points]
