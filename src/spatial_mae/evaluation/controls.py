"""What a probe must beat: raw pixels, PCA, and the closed-form linear MAE."""

import time
from collections.abc import Callable

import numpy as np
import torch
from scipy.linalg import eigh
from torch import Tensor

from spatial_mae.data.store import Dataset
from spatial_mae.evaluation.probe import Labelled
from spatial_mae.evaluation.probing import check_probes, ordered, probe_rows
from spatial_mae.evaluation.recipe import EvaluationRecipe
from spatial_mae.files import Row
from spatial_mae.linear.colour import full_scale, integer_rows
from spatial_mae.linear.moments import PixelMoments
from spatial_mae.linear.normalisation import normalisation
from spatial_mae.linear.store import LinearRun
from spatial_mae.tasks.encoders import encoders
from spatial_mae.training.loader import load_labels, subset

CHUNK = 4096
"""Images converted at a time."""

Encode = Callable[[np.ndarray], np.ndarray]


def probe_pixels(
    dataset: Dataset, moments: PixelMoments, width: int, recipe: EvaluationRecipe, seed: int
) -> list[Row]:
    """Probes of the raw pixels and of their first `width` principal components.

    moments: of the training images, in the recipe's colour; components are about their mean. Where
    the training images differ in fewer directions than `width`, as fewer images than pixels do,
    there is one component for each; `model_width` is the number of features. No row if the recipe
    probes nothing. Raises ValueError if the moments are of other images, or the data set has no
    labels.
    """
    _check(dataset, moments, recipe)
    if not recipe.representations:
        return []
    centre, components = moments.mean, principal_components(moments, width)
    encoders = {
        "raw_pixels": lambda pixels: pixels,
        "pca": lambda pixels: (pixels - centre) @ components,
    }
    return [
        row
        for name, encode in encoders.items()
        for row in _probe(dataset, moments.colour, name, encode, recipe, seed)
    ]


def probe_linear(
    dataset: Dataset,
    run: LinearRun,
    mask_ratio: float,
    width: int,
    recipe: EvaluationRecipe,
    seed: int,
) -> list[Row]:
    """Probes of the `width` features of the closed-form linear MAE, of whole images.

    No more features than directions in which the training images differ: a ridge makes up others.
    run: solved at the side of the network's mask units, as `tasks.encoders.open_run` gives it.
    Arguments and errors else as in `probe_pixels`; ValueError too for a mask ratio outside (0, 1).
    """
    _check(dataset, run.moments, recipe)
    if not 0 < mask_ratio < 1:
        raise ValueError(f"mask ratio {mask_ratio}: a masked autoencoder hides a share in (0, 1)")
    if not recipe.representations:
        return []
    ae, mae = encoders(run, (mask_ratio,), min(width, len(run.moments.total)))
    rank = max(1, np.count_nonzero(ae.matrix.any(axis=0)))
    matrix = mae.matrix[:, :rank]
    normalised = normalisation(run.moments, run.settings.centring, run.settings.flip)
    colour = run.moments.colour
    return _probe(
        dataset, colour, "linear_mae", lambda p: normalised.rows(p) @ matrix, recipe, seed
    )


def principal_components(moments: PixelMoments, n_components: int) -> np.ndarray:
    """Eigenvectors (d, k) of the pixels' covariance, the largest eigenvalue first.

    k is n_components, or the covariance's rank where that is less: no image differs in the others.
    """
    covariance = moments.matrix("centred")
    d = len(covariance)
    first = max(d - n_components, 0)
    values, vectors = eigh(covariance, subset_by_index=(first, d - 1), overwrite_a=True)
    rank = np.count_nonzero(values > d * np.finfo(values.dtype).eps * values[-1])
    return vectors[:, ::-1][:, : max(1, rank)]


def pixel_features(
    dataset: Dataset, split: str, n_wanted: int | None, colour: str, encode: Encode
) -> Tensor:
    """Features of the images of `training.loader.subset`, float32 (n, k).

    encode: pixels (n, d) in [0, 1], float64, to features (n, k).
    """
    file, rows = dataset.rows(split)
    images, chosen = dataset.images(file), rows[subset(len(rows), n_wanted)]
    scale = full_scale(colour, images.shape[3])
    found = None
    for start in range(0, len(chosen), CHUNK):
        pixels = integer_rows(images[chosen[start : start + CHUNK]], colour) / scale
        values = encode(pixels)
        if found is None:
            found = np.empty((len(chosen), values.shape[1]), np.float32)
        found[start : start + len(values)] = values
    return torch.from_numpy(found)


def _probe(
    dataset: Dataset,
    colour: str,
    representation: str,
    encode: Encode,
    recipe: EvaluationRecipe,
    seed: int,
) -> list[Row]:
    start = time.perf_counter()
    wanted = {"train": recipe.n_train, "test": recipe.n_test}
    features = [pixel_features(dataset, split, n, colour, encode) for split, n in wanted.items()]
    speed = sum(map(len, features)) / (time.perf_counter() - start)
    found = {"status": "completed", "device": "cpu", "precision": "float32"}
    found |= {"control_colour": colour, "images_per_second": speed}
    found["model_width"] = features[0].shape[1]
    rows = []
    for label in recipe.labels:
        labels = (load_labels(dataset, split, n, label=label) for split, n in wanted.items())
        splits = (Labelled(*split) for split in zip(features, labels, strict=True))
        rows += probe_rows(*splits, representation, None, recipe, seed, label)[0]
    return ordered([row | found for row in rows])


def _check(dataset: Dataset, moments: PixelMoments, recipe: EvaluationRecipe) -> None:
    check_probes(dataset, recipe)
    sides = [dataset.manifest["height"], dataset.manifest["width"]]
    if [moments.height, moments.width] != sides:
        raise ValueError(
            f"moments of {moments.height} x {moments.width} images, but data set "
            f"{dataset.manifest['dataset']!r} has {sides[0]} x {sides[1]}: use its own moments"
        )
    if moments.colour != recipe.control_colour:
        raise ValueError(
            f"moments of {moments.colour} images, but control_colour is {recipe.control_colour!r}"
        )
