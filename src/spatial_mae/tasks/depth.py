"""Depth maps from the features of linear AE and MAE (Bisulco et al. 2025, Sec. 2.3).

Each model encodes an image; an affine readout of its first k features predicts the map, pixel by
pixel, over the pixels whose depth is known. Readouts are fit on training images; the ridge is
chosen on a share held out of them, then the readout is fitted again on all of them. Errors are of
the test images.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from spatial_mae.data.store import Dataset
from spatial_mae.files import Row
from spatial_mae.linear.store import LinearRun
from spatial_mae.study.keys import Count, Part, Positive, Shares
from spatial_mae.study.recipes import Checked
from spatial_mae.tasks.depth_maps import DepthData, MeanMap, Target, depth_data, mean_map
from spatial_mae.tasks.encoders import Encoder, check_n_latents, encode, encoders
from spatial_mae.tasks.readout import Input, Readout
from spatial_mae.tasks.regression import AffineReadout, Penalty, fit_affine


@dataclass(frozen=True, kw_only=True)
class DepthRecipe(Checked):
    """Settings of the depth task."""

    target: Target
    """What is predicted; log_depth: the natural logarithm of the stored depth, where positive."""
    readouts: tuple[Readout, ...] = ("free", "ridge")
    """Linear readouts: free (least squares, blind to the features' scale) or ridge (penalised)."""
    inputs: tuple[Input, ...] = ("whole", "masked")
    """What the encoder sees: the whole image, or one under the model's own mask ratio."""
    mask_ratios: Shares
    """Probabilities that a patch is hidden; the AE, 0, is always there.
    [Bisulco varies it, Sec. 2.3]"""
    n_latents: tuple[Count, ...]
    """Numbers of latents k. [Bisulco varies it, Sec. 2.3]"""
    ridges: tuple[Positive, ...] = (0.0001, 0.001, 0.01, 0.1, 1.0)
    """Penalties among which the readout `ridge` chooses, as shares of the mean feature variance."""
    n_masks: Count = 2
    """Masks drawn for each image where the input is masked, at fit and at test."""
    validation_share: Part = 0.2
    """Share of the training images that chooses the ridge."""

    def check(self) -> None:
        check_n_latents(self.n_latents)
        if "ridge" in self.readouts and not self.ridges:
            raise ValueError(
                "readout 'ridge' needs ridges to choose from, for instance [0.01, 0.1]"
            )


def predict_depth(
    recipe: DepthRecipe, run: LinearRun, dataset: Dataset, rng: np.random.Generator
) -> list[Row]:
    """`depth_scores` of the encoders of a solved run, on all images of a data set with depth."""
    data = depth_data(dataset, run, recipe.target)
    models = encoders(run, recipe.mask_ratios, max(recipe.n_latents))
    return depth_scores(recipe, data, models, run.decomposition.patch_index, rng)


def depth_scores(
    recipe: DepthRecipe,
    data: DepthData,
    models: Sequence[Encoder],
    patch_index: np.ndarray,
    rng: np.random.Generator,
) -> list[Row]:
    """One row per model, number of latents, readout and input.

    error: squared error on the known test pixels, over that of the training mean map (1 - R^2);
    rmse in the target's unit. Pixels known in no training image are left out of both. gain: the
    error of the AE less that of the model, with its standard error over images.

    Parameters: models with at least max(n_latents) columns; patch_index (d,). Raises ValueError
    if n_latents exceeds them, a split has no known pixel, or validation no images.
    """
    check_n_latents(recipe.n_latents, min(e.matrix.shape[1] for e in models))
    split, *streams = rng.spawn(1 + len(models))
    held = held_out(split, len(data.train_targets), recipe.validation_share)
    reference = mean_map(data)
    rows, errors = [], []
    for (encoder, stream), shown in product(zip(models, streams, strict=True), recipe.inputs):
        n_masks = recipe.n_masks if shown == "masked" else 0
        train, test = (
            encode(encoder, pixels, patch_index, n_masks, draws)
            for pixels, draws in zip(data.pixels, stream.spawn(2), strict=True)
        )
        penalties = choose_penalties(recipe, train, data.train_targets, held)
        fits = fit_affine(train, data.train_targets, penalties)
        for penalty, fit in zip(penalties, fits, strict=True):
            errors.append(squared_errors(fit, test, data.test_targets))
            rows.append(_row(recipe, encoder, shown, penalty) | reference.compare(errors[-1]))
    return _with_gains(rows, errors, reference)


def _with_gains(rows: list[Row], errors: list[np.ndarray], reference: MeanMap) -> list[Row]:
    """The rows with each model's gain over the AE of the same readout, input and latents."""
    rivals = {
        _compared(row): own for row, own in zip(rows, errors, strict=True) if row["model"] == "ae"
    }
    nothing = {"gain": None, "standard_error": None}
    return [
        row | (reference.gain(own, rivals[_compared(row)]) if row["model"] != "ae" else nothing)
        for row, own in zip(rows, errors, strict=True)
    ]


def _compared(row: Row) -> tuple:
    return (row["readout"], row["input"], row["n_latents"])


def held_out(rng: np.random.Generator, n: int, share: float) -> np.ndarray:
    """bool (n,): the share of the training images, rounded, that chooses the ridge.

    A run of images from a random start, round the end: frames of a scene are next to each other,
    and one scattered share would leave near copies of each held-out frame to fit on. Raises
    ValueError if it or the rest would be empty.
    """
    n_held = round(share * n)
    if not 0 < n_held < n:
        raise ValueError(
            f"validation_share {share} of {n} training images leaves {n_held} to choose the ridge "
            f"and {n - n_held} to fit: change the share or bring more images"
        )
    return (np.arange(n) - rng.integers(n)) % n < n_held


def choose_penalties(
    recipe: DepthRecipe, features: np.ndarray, targets: np.ndarray, held: np.ndarray
) -> list[Penalty]:
    """The readouts to fit: `free` as is, `ridge` with the ridge best on the held-out images.

    Parameters: features (n, r, k) and targets (n, p) of the training images; held, bool (n,).
    """
    chosen = [Penalty(k) for k in recipe.n_latents if "free" in recipe.readouts]
    if "ridge" not in recipe.readouts:
        return chosen
    tried = [Penalty(k, ridge) for k, ridge in product(recipe.n_latents, recipe.ridges)]
    fits = fit_affine(features[~held], targets[~held], tried)
    errors = [squared_errors(fit, features[held], targets[held]).sum() for fit in fits]
    for k in recipe.n_latents:
        candidates = [(e, t.ridge) for e, t in zip(errors, tried, strict=True) if t.n_latents == k]
        chosen.append(Penalty(k, min(candidates)[1]))
    return chosen


def squared_errors(fit: AffineReadout, features: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Squared error of each image, (n,), over the known pixels of (n, p) targets.

    A mean over the views of features (n, r, k).
    """
    views = np.moveaxis(features, 1, 0)
    return np.mean([np.nansum((fit.predict(v) - targets) ** 2, axis=1) for v in views], axis=0)


def _row(recipe: DepthRecipe, encoder: Encoder, shown: Input, penalty: Penalty) -> Row:
    return {
        "target": recipe.target,
        "readout": "free" if penalty.ridge is None else "ridge",
        "input": shown,
        "model": encoder.model,
        "mask_ratio": encoder.mask_ratio,
        "n_latents": penalty.n_latents,
        "ridge_chosen": penalty.ridge,
    }
