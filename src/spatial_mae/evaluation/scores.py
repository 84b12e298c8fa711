"""All evaluations of one pretraining run: probes over its checkpoints, reconstruction errors."""

import sys
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from spatial_mae.data.labels import CLASS
from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.features import check_representations, features, freeze
from spatial_mae.evaluation.halves import agreement
from spatial_mae.evaluation.origin import check_images, earlier_epochs, origin, scale
from spatial_mae.evaluation.probe import Labelled
from spatial_mae.evaluation.probing import check_probes, ordered, probe_rows
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.evaluation.reconstruction import (
    Masking,
    gallery,
    masking_of,
    reconstruction_errors,
)
from spatial_mae.evaluation.saved_probes import SavedProbe
from spatial_mae.files import Row
from spatial_mae.models.mae import MaskedAutoencoder
from spatial_mae.models.weights import load_mae
from spatial_mae.training.loader import load_images, load_labels
from spatial_mae.training.mapped_images import Images
from spatial_mae.training.randomness import generator_for


@dataclass(frozen=True)
class Evaluation:
    """scores: rows with `probing.COLUMNS`. gallery: rows of `reconstruction.gallery`.

    probes: of the classes, of the last epoch, by representation; those of single blocks or of other
    labels are not kept.
    """

    scores: list[Row]
    gallery: list[Row]
    probes: dict[str, SavedProbe]


def evaluate(
    dataset: Dataset,
    weights: Path,
    checkpoints: Path,
    recipe: EvaluationRecipe,
    seed: int,
    device: torch.device | str = "cpu",
) -> Evaluation:
    """Evaluate a run's weights, and its checkpoints: the untrained network, or all epochs kept.

    Metrics: accuracy of `linear_probe` and `knn`, agreement of `halves`, in [0, 1]; hidden_error,
    visible_error and all_error of `reconstruction`, in standardised units, on test images (or those
    held out, see `data.held_out`). Pretraining columns say of training up to the row's
    epoch, `epochs` of the epochs planned; `status`, `device` and
    `precision` are the pretraining's. `seconds` are this row's own and `images_per_second` the
    network's forward passes behind it.

    Raises ValueError if the images are not of the network's size, a probe lacks labels or its class
    token, or checkpoints of other architectures or without epoch 0 are in `checkpoints`.
    """
    check_probes(dataset, recipe)
    model, final = load_mae(weights, device)
    check_images(dataset, model.architecture)
    check_representations(model.encoder, recipe.representations)
    earlier = earlier_epochs(checkpoints, final["epoch"], recipe.checkpoints)
    data = EvaluationData.load(dataset, recipe, model.encoder.positions.device)
    masking = masking_of(final)
    rows = []
    for path in earlier:
        other, metadata = load_mae(path, device, model.architecture)
        rows += _epoch(other, metadata, final, data, masking, recipe, seed)[0]
    last, probes = _epoch(model, final, final, data, masking, recipe, seed)
    masks = generator_for(seed, 0, 0, "gallery masks")
    shown = data.reconstructed[: recipe.n_gallery]
    pixels = [row | scale(final) for row in gallery(model, shown, masking, masks)]
    return Evaluation(ordered(rows + last), pixels, probes)


@dataclass(frozen=True)
class EvaluationData:
    """Images, uint8 (n, C, H, W), and labels (n,) of the probes; images to reconstruct.

    labels: by name, then by split. Images stay on the CPU, or in their file, and go to the device
    by batch; labels are on the device. Without probes there are neither.
    """

    images: dict[str, Images]
    labels: dict[str, dict[str, Tensor]]
    reconstructed: Images
    halved: Images | None = None

    @classmethod
    def load(
        cls, dataset: Dataset, recipe: EvaluationRecipe, device: torch.device
    ) -> "EvaluationData":
        wanted = {"train": recipe.n_train, "test": recipe.n_test} if recipe.representations else {}
        return cls(
            {split: load_images(dataset, split, n) for split, n in wanted.items()},
            {
                label: {s: load_labels(dataset, s, n, device, label) for s, n in wanted.items()}
                for label in recipe.labels
            },
            load_images(dataset, "test", recipe.n_reconstructed),
            load_images(dataset, "test", recipe.n_halved) if recipe.n_halved else None,
        )


def _epoch(
    model: MaskedAutoencoder,
    metadata: dict,
    final: dict,
    data: EvaluationData,
    masking: Masking,
    recipe: EvaluationRecipe,
    seed: int,
) -> tuple[list[Row], dict[str, SavedProbe]]:
    start = time.perf_counter()
    freeze(model)
    rows, probes = _probes(model, data, recipe, seed)
    rows += _reconstruction(model, data, masking, recipe, seed)
    rows += _halves(model, data)
    seconds = time.perf_counter() - start
    line = f"epoch {metadata['epoch']}: {len(rows)} scores in {seconds:.1f} s"
    print(line, file=sys.stderr, flush=True)
    made = origin(metadata, final)
    return [row | made for row in rows], probes


def _probes(
    model: MaskedAutoencoder, data: EvaluationData, recipe: EvaluationRecipe, seed: int
) -> tuple[list[Row], dict[str, SavedProbe]]:
    if not recipe.representations:
        return [], {}
    start = time.perf_counter()
    train, test = (
        features(model.encoder, data.images[split], recipe.representations)
        for split in ("train", "test")
    )
    n_images = sum(len(images) for images in data.images.values())
    speed = n_images / (time.perf_counter() - start)
    rows, probes = [], {}
    for (label, labels), (name, block) in product(data.labels.items(), train):
        splits = (
            Labelled(found[name, block], labels[split])
            for split, found in (("train", train), ("test", test))
        )
        scores, probe = probe_rows(*splits, name, block, recipe, seed, label)
        rows += scores
        if block is None and label == CLASS:
            probes[name] = SavedProbe(probe, scores[0])
    return [row | {"images_per_second": speed} for row in rows], probes


def _halves(model: MaskedAutoencoder, data: EvaluationData) -> list[Row]:
    if data.halved is None:
        return []
    start, n = time.perf_counter(), len(data.halved)
    value = agreement(model, data.halved)
    if value is None:
        return []
    row = {"protocol": "halves", "metric": "agreement", "n_test": n, "value": value}
    return [row | {"seconds": time.perf_counter() - start}]


def _reconstruction(
    model: MaskedAutoencoder,
    data: EvaluationData,
    masking: Masking,
    recipe: EvaluationRecipe,
    seed: int,
) -> list[Row]:
    start = time.perf_counter()
    masks = generator_for(seed, 0, 0, "reconstruction masks")
    errors = reconstruction_errors(model, data.reconstructed, masking, recipe.n_masks, masks)
    seconds = time.perf_counter() - start
    n = len(data.reconstructed)
    common = {
        "protocol": "reconstruction",
        "n_test": n,
        "seconds": seconds,
        "images_per_second": n * recipe.n_masks / seconds,
    }
    return [common | {"metric": f"{part}_error", "value": value} for part, value in errors.items()]
