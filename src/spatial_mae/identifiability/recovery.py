"""Which latents of a known hierarchy a trained encoder holds, over masks: Theorem 2, measured.

The set c differs from mask to mask. So for each of a few fixed masks every coordinate of every
noise is regressed on what the encoder gives for the visible part, and R^2 is averaged over the
coordinates of one role (shared, hidden, visible; see `roles`) and level, then over masks. Together
the shared noises are c: they and c determine each other.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.features import check_representations, freeze, image_batches
from spatial_mae.evaluation.origin import check_images, earlier_epochs, scale
from spatial_mae.files import Row
from spatial_mae.hierarchy.builders import quad_tree
from spatial_mae.hierarchy.structural import Equations, InvertibleMap
from spatial_mae.identifiability.recipe import RecoveryRecipe
from spatial_mae.identifiability.regression import Sample, held_out_r_squared
from spatial_mae.identifiability.roles import ROLES, Coordinates, coordinates
from spatial_mae.models.masks import draw_masks
from spatial_mae.models.vit import VisionTransformer
from spatial_mae.models.weights import load_encoder
from spatial_mae.training.loader import load_images, subset
from spatial_mae.training.mapped_images import Images
from spatial_mae.training.randomness import derived_seed, generator_for

BATCH = 256
MIXED = Equations(n_layers=1, strength=0.5, frequency=1.0)
"""Of the random map that hides c from the regressions in the control with a known answer."""
SPLITS = ("train", "test")
Features = dict[str, np.ndarray]
"""Split -> features (n, k)."""


@dataclass(frozen=True)
class LatentImages:
    """Of each split, images uint8 (n, C, H, W) and latents (n, k); the tree and its coordinates."""

    images: Mapping[str, Images]
    latents: Features
    names: tuple[str, ...]
    depth: int

    @classmethod
    def load(cls, dataset: Dataset, recipe: RecoveryRecipe) -> "LatentImages":
        """Raises FileNotFoundError if the latents are not known, ValueError for too few images."""
        counts = dict(zip(SPLITS, (recipe.n_fitted, recipe.n_test), strict=True))
        latents = {split: dataset.latents(split) for split in SPLITS}
        chosen = {s: latents[s][subset(len(latents[s]), n)] for s, n in counts.items()}
        return cls(
            {split: load_images(dataset, split, n) for split, n in counts.items()},
            {split: values.astype(np.float64) for split, values in chosen.items()},
            tuple(dataset.manifest["latents"]),
            len(dataset.manifest["recipe"]["noise_sizes"]) - 1,
        )


def recover_latents(
    dataset: Dataset,
    weights: Path,
    checkpoints: Path,
    recipe: RecoveryRecipe,
    seed: int,
    device: torch.device | str = "cpu",
) -> list[Row]:
    """One row for each source, representation, readout, role and level ("all": of all levels).

    Sources: trained, the encoder of `weights`; untrained, that of epoch 0 in `checkpoints`; pixels,
    the visible ones; latents, the shared noises through a random invertible map, from which they
    can be recovered; shuffled, the same of other images, from which nothing can. r_squared is the
    mean over masks, standard_error that of this mean (empty for one mask), n_masks the masks that
    have such noises.

    Raises ValueError if the network's patches are not the leaves of the tree, it is for other
    images, or lacks the class token asked for; FileNotFoundError if the latents are not known.
    """
    encoder, metadata = load_encoder(weights, device)
    check_images(dataset, encoder.architecture)
    check_representations(encoder, recipe.representations)
    untrained, _ = load_encoder(earlier_epochs(checkpoints, metadata["epoch"], "last")[0], device)
    data = LatentImages.load(dataset, recipe)
    _check_leaves(encoder, data.depth)
    encoders = {"trained": encoder, "untrained": untrained}
    for network in encoders.values():
        freeze(network)
    generator = generator_for(seed, 0, 0, "recovery masks")
    law = (encoder.architecture, metadata["mask_ratio"], _law(metadata))
    masks = draw_masks(generator, recipe.n_masks, *law)
    found: dict[tuple, list[float]] = {}
    for number, mask in enumerate(masks):
        start = time.perf_counter()
        rng = np.random.default_rng(derived_seed(seed, 0, number, "recovery control"))
        for key, value in _of_mask(encoders, data, mask, recipe, rng):
            found.setdefault(key, []).append(value)
        seconds = time.perf_counter() - start
        line = f"mask {number + 1} of {len(masks)}: {seconds:.1f} s"
        print(line, file=sys.stderr, flush=True)
    made = scale(metadata) | {"n_fitted": recipe.n_fitted, "n_test": recipe.n_test}
    names = ("source", "representation", "readout", "role", "level")
    return [
        dict(zip(names, key, strict=True)) | _over_masks(values) | made
        for key, values in found.items()
    ]


def _law(metadata: Mapping) -> str:
    """Of the training's masks; where their count varied, a fixed one."""
    sampling = metadata["recipe"]["sampling"]
    return "exact" if sampling == "bernoulli" else sampling


def _of_mask(
    encoders: Mapping[str, VisionTransformer],
    data: LatentImages,
    mask: Tensor,
    recipe: RecoveryRecipe,
    rng: np.random.Generator,
) -> Iterator[tuple[tuple, float]]:
    """(source, representation, readout, role, level) and its R^2, under one mask."""
    places = coordinates(quad_tree(data.depth), data.names, mask.numpy())
    sources = {
        (name, representation): features
        for name, encoder in encoders.items()
        for representation, features in _encoded(encoder, data, mask, recipe).items()
    }
    sources |= _controls(next(iter(encoders.values())), data, mask, places, rng)
    for (source, representation), features in sources.items():
        train, test = (Sample(features[s], data.latents[s]) for s in SPLITS)
        for readout in recipe.readouts:
            scores = held_out_r_squared(train, test, readout, recipe)
            for role, level, chosen in _groups(places, data.depth):
                yield (source, representation, readout, role, level), float(scores[chosen].mean())


def _groups(places: Coordinates, depth: int) -> Iterator[tuple[str, object, np.ndarray]]:
    """(role, level, coordinates) where there are some, all levels of a role together first."""
    for role in ROLES:
        for level in (None, *range(depth, -1, -1)):
            chosen = places.of(role, level)
            if chosen.any():
                yield role, "all" if level is None else level, chosen


def _encoded(
    encoder: VisionTransformer, data: LatentImages, mask: Tensor, recipe: RecoveryRecipe
) -> dict[str, Features]:
    """What the encoder gives for the visible part: representation -> features of each split."""
    device, extra = encoder.positions.device, encoder.n_extra
    found: dict[str, Features] = {name: {} for name in recipe.representations}
    with torch.inference_mode():
        for split, images in data.images.items():
            parts = [
                encoder(batch, mask.to(device).expand(len(batch), -1)).float().cpu()
                for _, batch in image_batches(images, BATCH, device)
            ]
            tokens = torch.cat(parts).double().numpy()
            patches = tokens[:, extra:]
            for name in recipe.representations:
                found[name][split] = {
                    "class_token": lambda t=tokens: t[:, 0],
                    "mean": lambda p=patches: p.mean(axis=1),
                    "tokens": lambda p=patches: p.reshape(len(p), -1),
                }[name]()
    return found


def _controls(
    encoder: VisionTransformer,
    data: LatentImages,
    mask: Tensor,
    places: Coordinates,
    rng: np.random.Generator,
) -> dict[tuple[str, str], Features]:
    shared = {split: values[:, places.of("shared")] for split, values in data.latents.items()}
    size = next(iter(shared.values())).shape[1]
    mixed = InvertibleMap.draw(rng, size, MIXED)
    known = {split: mixed(values) for split, values in shared.items()}
    pixels = {
        split: np.concatenate(
            [
                encoder.patches(batch)[:, ~mask].flatten(1).double().cpu().numpy()
                for _, batch in image_batches(images, BATCH, encoder.positions.device)
            ]
        )
        for split, images in data.images.items()
    }
    return {
        ("pixels", "visible"): pixels,
        ("latents", "mixed"): known,
        ("shuffled", "mixed"): {split: rng.permutation(v) for split, v in known.items()},
    }


def _over_masks(values: list[float]) -> Row:
    n = len(values)
    error = float(np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else None
    return {"r_squared": float(np.mean(values)), "standard_error": error, "n_masks": n}


def _check_leaves(encoder: VisionTransformer, depth: int) -> None:
    grid, side = encoder.architecture.grid, 2**depth
    if grid != (side, side):
        raise ValueError(
            f"the network has {grid[0]} x {grid[1]} patches, the tree of latents {side} x {side} "
            f"leaves: pretrain with patches of {encoder.architecture.height // side} pixels"
        )
