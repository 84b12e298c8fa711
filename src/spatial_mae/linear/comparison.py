"""The linear models of a recipe side by side: their losses, and the reach of their influence."""

from collections.abc import Iterator

import numpy as np

from spatial_mae.files import Row
from spatial_mae.linear.decomposition import Decomposition
from spatial_mae.linear.influence import geometry, measure
from spatial_mae.linear.recipe import LinearRecipe, solvable
from spatial_mae.linear.solution import dae_shrinkage, solve_ae, solve_mae
from spatial_mae.linear.store import LinearRun
from spatial_mae.masks.laws import LOSS_ON_HIDDEN


def loss_rows(decomposition: Decomposition, recipe: LinearRecipe) -> list[Row]:
    """Minimum losses, divided by tr S, of the AE and of each MAE.

    All numbers of latents where there is a closed form; those of the recipe for sampling "hidden",
    whose loss counts hidden patches only and has no eigenvalue.
    """
    rows = list(_curves(decomposition, "ae", [0.0], ""))
    for sampling in recipe.samplings:
        ratios = solvable(recipe.mask_ratios, decomposition.n_patches, sampling)
        if sampling == LOSS_ON_HIDDEN:
            rows += _hidden_losses(decomposition, ratios, recipe)
        elif ratios:
            rows += _curves(decomposition, "mae", ratios, sampling)
    return rows


def _curves(
    decomposition: Decomposition, model: str, mask_ratios: list[float], sampling: str
) -> Iterator[Row]:
    law = sampling or "bernoulli"
    eigenvalues = decomposition.eigenvalues(mask_ratios, law)
    for mask_ratio, values in zip(mask_ratios, eigenvalues, strict=True):
        losses = decomposition.curve(mask_ratio, values, law) / decomposition.trace
        for k, (loss, value) in enumerate(zip(losses, values, strict=True), start=1):
            yield _loss_row(model, mask_ratio, k, sampling, loss, value)


def _hidden_losses(
    decomposition: Decomposition, mask_ratios: list[float], recipe: LinearRecipe
) -> list[Row]:
    S, index = decomposition.moment(), decomposition.patch_index
    rows = []
    for mask_ratio in mask_ratios:
        for k in recipe.latents(len(index)):
            loss = solve_mae(S, index, mask_ratio, k, sampling=LOSS_ON_HIDDEN).loss
            rows.append(
                _loss_row("mae", mask_ratio, k, LOSS_ON_HIDDEN, loss / decomposition.trace, None)
            )
    return rows


def _loss_row(
    model: str, mask_ratio: float, k: int, sampling: str, loss: float, eigenvalue: float | None
) -> Row:
    return {
        "model": model,
        "mask_ratio": mask_ratio,
        "n_latents": k,
        "sampling": sampling or None,
        "loss": loss,
        "eigenvalue": eigenvalue,
    }


def influence_tables(run: LinearRun, recipe: LinearRecipe) -> tuple[list[Row], list[Row]]:
    """Measures of influence, and its profile by distance, of every model of the recipe.

    Returns two tidy tables; the first has one row per model, the second one per model and distance.
    """
    moments, index = run.moments, run.decomposition.patch_index
    places = geometry(moments.height, moments.width, moments.channels, index)
    table, profiles = [], []
    for model, W in influences(run, recipe):
        measures, profile = measure(W, places)
        table.append(model | measures)
        profiles += [model | row for row in profile]
    return table, profiles


def influences(run: LinearRun, recipe: LinearRecipe) -> Iterator[tuple[Row, np.ndarray]]:
    """Each model of the recipe, as its row's keys, with its W of shape (d, d)."""
    yield from _spectral_models(run.S, recipe)
    decomposition = run.decomposition
    latents = recipe.latents(len(decomposition.patch_index))
    for sampling in recipe.samplings:
        for mask_ratio in solvable(recipe.mask_ratios, decomposition.n_patches, sampling):
            if sampling == LOSS_ON_HIDDEN:
                found = (_hidden_influence(decomposition, mask_ratio, k) for k in latents)
            else:
                found = decomposition.influences(mask_ratio, latents, sampling)
            for k, W in zip(latents, found, strict=True):
                yield _keys("mae", mask_ratio, None, k, sampling), W


def _spectral_models(S: np.ndarray, recipe: LinearRecipe) -> Iterator[tuple[Row, np.ndarray]]:
    """AE and DAEs: one set of eigenvectors serves them all. S is a mean over images, so n = 1."""
    solution = solve_ae(S, len(S))
    for k in recipe.latents(len(S)):
        U = solution.encoder[:, :k]
        yield _keys("ae", 0.0, None, k, None), U @ U.T
        for deviation in recipe.noise_deviations:
            shrinkage = dae_shrinkage(solution.eigenvalues[:k], deviation**2)
            yield _keys("dae", None, deviation, k, None), (U * shrinkage) @ U.T


def _hidden_influence(decomposition: Decomposition, mask_ratio: float, k: int) -> np.ndarray:
    """W without the blocks inside patches, which the loss on hidden patches never reads."""
    index = decomposition.patch_index
    solution = solve_mae(decomposition.moment(), index, mask_ratio, k, sampling=LOSS_ON_HIDDEN)
    return np.where(index[:, None] == index[None, :], 0.0, solution.influence)


def _keys(
    model: str,
    mask_ratio: float | None,
    noise_deviation: float | None,
    n_latents: int,
    sampling: str | None,
) -> Row:
    return {
        "model": model,
        "mask_ratio": mask_ratio,
        "noise_deviation": noise_deviation,
        "n_latents": n_latents,
        "sampling": sampling,
    }
