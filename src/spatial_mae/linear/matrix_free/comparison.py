"""The linear models of a recipe side by side, on sampled outputs: losses and reach of influence.

As `linear.comparison`, with standard errors: `*_se` because some outputs were not sampled, and
`*_halves`, half the difference between two disjoint halves of the images,
at full rank.
"""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np

from spatial_mae.files import Row
from spatial_mae.linear.matrix_free.estimates import (
    Places,
    Sampled,
    joined,
    measure_columns,
    profile,
    ratio,
    summary,
)
from spatial_mae.linear.matrix_free.models import Model, Solver, batches, models
from spatial_mae.linear.matrix_free.run import Run
from spatial_mae.linear.recipe import ComparisonRecipe
from spatial_mae.masks.laws import LOSS_ON_HIDDEN

LOSS_KEYS = ("model", "mask_ratio", "n_latents", "sampling")


def sampled_outputs(n_coordinates: int, n_outputs: int, seed: int) -> np.ndarray:
    """Coordinates drawn without replacement, ascending; all of them if no more are asked for."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(n_coordinates, min(n_outputs, n_coordinates), replace=False))


def influence_tables(run: Run, recipe: ComparisonRecipe, seed: int) -> tuple[list[Row], list[Row]]:
    """The tables of `comparison.influence_tables`, from sampled outputs, with standard errors.

    Raises ValueError where there is no solution without d x d matrices, or none that converges.
    """
    places, solvers, outputs = _prepared(run, recipe, seed)
    about = _about(run, outputs)
    table, profiles = [], []
    for model in models(recipe, run.system.size, solvers[0].n_patches):
        full = model.n_latents == run.system.size
        used = solvers if full else solvers[:1]
        found, *parts = (_measured(solver, model, outputs, places) for solver in used)
        measures = summary(found, run.system.size)
        spread = _halves(measures, [summary(part, run.system.size) for part in parts])
        table.append(asdict(model) | measures | spread | about)
        profiles += [asdict(model) | row | about for row in profile(found, places)]
    return table, profiles


def loss_rows(run: Run, recipe: ComparisonRecipe, seed: int) -> list[Row]:
    """Minimum losses, divided by tr S, of the AE and of each MAE, with standard errors.

    At full rank from sampled outputs; for up to the most latents of the recipe below that, exact
    to the tolerance of the eigenvalues. Raises ValueError as `influence_tables`.
    """
    _, solvers, outputs = _prepared(run, recipe, seed)
    about = _about(run, outputs)
    found = {}
    for model in models(recipe, run.system.size, solvers[0].n_patches):
        if model.model != "dae":
            full = model.n_latents == run.system.size
            found.setdefault((model.model, model.mask_ratio, model.sampling, full), model)
    rows = []
    for (*_, full), model in found.items():
        keys = {name: value for name, value in asdict(model).items() if name in LOSS_KEYS}
        for row in _full_rank(solvers, model, outputs) if full else _curve(solvers[0], model):
            rows.append(keys | row | about)
    return rows


def _prepared(
    run: Run, recipe: ComparisonRecipe, seed: int
) -> tuple[Places, list[Solver], np.ndarray]:
    """Places, solvers of all images and of both halves, and the outputs they are measured on."""
    size = run.system.size
    numbers = recipe.latents(size)
    solvers = [Solver(part.system, numbers) for part in (run, *run.halves())]
    return (
        Places(run.shape, run.patch_index),
        solvers,
        sampled_outputs(size, recipe.n_outputs, seed),
    )


def _about(run: Run, outputs: np.ndarray) -> Row:
    return {"stationary_weight": run.stationary, "n_outputs": len(outputs)}


def _measured(solver: Solver, model: Model, outputs: np.ndarray, places: Places) -> Sampled:
    parts = batches(outputs, solver.problem.size)
    return joined([measure_columns(solver.columns(model, some), some, places) for some in parts])


def _halves(measures: Row, parts: list[Row]) -> Row:
    """Half the difference between the halves of the images; None where there is none."""
    names = [name for name in measures if not name.endswith("_se")]
    if not parts:
        return {f"{name}_halves": None for name in names}
    first, second = parts
    return {f"{name}_halves": _half_gap(first[name], second[name]) for name in names}


def _half_gap(first: float | None, second: float | None) -> float | None:
    return None if None in (first, second) else abs(first - second) / 2


def _full_rank(solvers: list[Solver], model: Model, outputs: np.ndarray) -> Iterator[Row]:
    (loss, error), *parts = (_loss(solver, model, outputs) for solver in solvers)
    spread = abs(parts[0][0] - parts[1][0]) / 2 if parts else None
    yield {"loss": loss, "eigenvalue": None, "loss_se": error, "loss_halves": spread}


def _loss(solver: Solver, model: Model, outputs: np.ndarray) -> tuple[float, float]:
    """The loss of an average output over its variance, and its standard error."""
    problem = solver.problem
    power, explained = problem.diagonal[outputs], []
    for some in batches(outputs, problem.size):
        W, targets = solver.columns(model, some), problem.targets(some)
        if model.sampling == LOSS_ON_HIDDEN:
            targets[solver.problem.patch_index[:, None] == solver.problem.patch_index[some]] = 0.0
        explained.append(np.einsum("dq,dq->q", targets, W))
    losses = power - solver.visible(model) * np.concatenate(explained)
    losses *= model.mask_ratio if model.sampling == LOSS_ON_HIDDEN else 1.0
    loss, error = ratio(losses[:, None], power[:, None], problem.size)
    return float(loss[0]), float(error[0])


def _curve(solver: Solver, model: Model) -> Iterator[Row]:
    """tr S - (1-m) sum of the k largest eigenvalues of S V^-1 S, for k up to the most of all."""
    seen = solver.seen(model)
    values = solver.latents(seen.effective).eigenvalues
    losses = 1 - seen.visible * np.cumsum(values) / solver.problem.trace
    for k, (loss, value) in enumerate(zip(losses, values, strict=True), start=1):
        row = {"loss": float(loss), "eigenvalue": float(value), "loss_se": 0.0}
        yield {"n_latents": k} | row | {"loss_halves": None}
