"""The ridge that reconstructs images best that no solution has seen."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spatial_mae.linear.moments import PixelMoments
from spatial_mae.linear.normalisation import normalisation
from spatial_mae.linear.recipe import LinearRecipe
from spatial_mae.linear.store import LinearRun, RunSettings, solve_run
from spatial_mae.masks.patches import same_patch


def choose_ridge(
    moments: PixelMoments,
    held: PixelMoments,
    settings: RunSettings,
    recipe: LinearRecipe,
    ridges: Sequence[float],
) -> float:
    """Of `ridges` the one with the least masked loss on other images: the mean over the MAEs.

    The MAEs of the recipe's mask ratios and numbers of latents are solved from `moments`; the
    images of `held` are normalised as those behind `moments`. The settings' own ridge is not read.

    A ridge at which the moments are singular is left out. Raises ValueError if all are.
    """
    centre = normalisation(moments, settings.centring, settings.flip)
    S = centre.moment(held, settings.flip)
    losses, refused = {}, None
    for ridge in ridges:
        try:
            run = solved(moments, replace(settings, ridge=ridge))
        except ValueError as error:
            refused = error
            continue
        losses[ridge] = _loss(S, run, recipe)
    if not losses:
        raise refused
    return min(losses, key=losses.get)


def solved(moments: PixelMoments, settings: RunSettings) -> LinearRun:
    """The closed forms of some images."""
    return LinearRun(settings, moments, solve_run(moments, settings))


def masked_loss(S: np.ndarray, W: np.ndarray, index: np.ndarray, mask_ratio: float) -> float:
    """Expected loss of any W (d, d) on second moments S (Bisulco et al. 2025, Lemma 1, Eq. 2).

    index: the patch of each coordinate, (d,); patches are hidden independently.
    """
    shown = 1 - mask_ratio
    V = np.where(same_patch(index), S, shown * S)
    return float(np.trace(S) + shown * (np.sum((V @ W) * W) - 2 * np.sum(S * W.T)))


def _loss(S: np.ndarray, run: LinearRun, recipe: LinearRecipe) -> float:
    """The mean over the recipe's MAEs, each loss as a share of tr S."""
    index, latents = run.decomposition.patch_index, recipe.latents(len(S))
    losses = [
        masked_loss(S, W, index, m)
        for m in recipe.mask_ratios
        if m > 0
        for W in run.decomposition.influences(m, latents)
    ]
    return float(np.mean(losses or [0.0]) / np.trace(S))
