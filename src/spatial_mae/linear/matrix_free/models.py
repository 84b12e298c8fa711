"""Columns of W of every linear model of a recipe, without d x d matrices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spatial_mae.linear.matrix_free.low_rank import Latents, latents
from spatial_mae.linear.matrix_free.operators import Mixture
from spatial_mae.linear.matrix_free.system import System, solve
from spatial_mae.linear.recipe import LinearRecipe, solvable
from spatial_mae.linear.sizes import free_memory
from spatial_mae.linear.solution import dae_shrinkage
from spatial_mae.linear.visibility import Visibility, visibility
from spatial_mae.masks.laws import LOSS_ON_HIDDEN

# Columns of d numbers that solving for one output takes, and what all may take together.
ARRAYS = 10
MOST_BYTES = 2**30


@dataclass(frozen=True)
class Model:
    """One model of a recipe: the keys of its row, None for what it does not have."""

    model: str
    mask_ratio: float | None
    noise_deviation: float | None
    n_latents: int
    sampling: str | None


def models(recipe: LinearRecipe, n_coordinates: int, n_patches: int) -> list[Model]:
    """The models of `comparison.influences`, in its order.

    Raises ValueError for few latents and the loss on hidden patches: that needs matrices (d, d).
    """
    latents = recipe.latents(n_coordinates)
    found = []
    for k in latents:
        found.append(Model("ae", 0.0, None, k, None))
        found += [Model("dae", None, deviation, k, None) for deviation in recipe.noise_deviations]
    for sampling in recipe.samplings:
        if sampling == LOSS_ON_HIDDEN and latents != [n_coordinates]:
            raise ValueError(
                f"n_latents {latents[:-1]}: the loss on hidden patches has a solution without "
                f"matrices (d, d) for `all` latents only; d = {n_coordinates:,} is too large for "
                "matrices. Set `n_latents: [all]` in a recipe with the sampling `hidden`"
            )
        for mask_ratio in solvable(recipe.mask_ratios, n_patches, sampling):
            found += [Model("mae", mask_ratio, None, k, sampling) for k in latents]
    return found


def batches(outputs: np.ndarray, n_coordinates: int, free: int | None = None) -> list[np.ndarray]:
    """Outputs that are solved together; ValueError where memory does not hold even one.

    free: bytes; by default those of this machine.
    """
    free = free_memory() if free is None else free
    each = ARRAYS * 8 * n_coordinates
    if free is not None and each > free:
        raise ValueError(
            f"to solve for one output of {n_coordinates:,} coordinates takes {each / 1e6:,.1f} MB, "
            f"and {free / 1e6:,.1f} MB of memory are free; set a smaller `size`"
        )
    step = max(1, (MOST_BYTES if free is None else min(MOST_BYTES, free // 2)) // each)
    return [outputs[start : start + step] for start in range(0, len(outputs), step)]


class Solver:
    """Columns of W of any model on one system. n_latents: the numbers of latents it will need."""

    def __init__(self, problem: System, n_latents: Sequence[int]) -> None:
        self.problem = problem
        self.n_patches = len(problem.coordinates)
        self.most = max((k for k in n_latents if k < problem.size), default=0)
        self._plain: Latents | None = None
        self._latest: tuple[float, Latents] | None = None

    def columns(self, model: Model, outputs: np.ndarray) -> np.ndarray:
        """W[:, outputs], shape (d, q). Raises NotConverged, and ValueError as `latents`."""
        if model.model == "dae":
            return self._dae(model, outputs)
        if model.sampling == LOSS_ON_HIDDEN:
            return self._hidden(model, outputs)
        effective = self.seen(model).effective
        if model.n_latents < self.problem.size:
            return self.latents(effective).influence(outputs, model.n_latents)
        if effective == 0.0:
            return _identity(self.problem.size, outputs)
        targets = self.problem.targets(outputs)
        return solve(self.problem, targets, np.full(len(outputs), effective))[0]

    def seen(self, model: Model) -> Visibility:
        """The chances by which the masks of an AE or MAE enter its loss."""
        return visibility(model.mask_ratio, self.n_patches, model.sampling or "bernoulli")

    def visible(self, model: Model) -> float:
        """The chance v that a coordinate is visible, as the loss counts it."""
        hidden = model.sampling == LOSS_ON_HIDDEN
        return 1.0 - model.mask_ratio if hidden else self.seen(model).visible

    def latents(self, effective: float) -> Latents:
        """Leading eigenpairs of S V^-1 S; those of the mask ratio before are the start."""
        if effective == 0.0:
            self._plain = self._plain or latents(self.problem, self.most, 0.0)
            return self._plain
        if self._latest is None or self._latest[0] != effective:
            start = self._latest[1] if self._latest else self._plain
            self._latest = effective, latents(self.problem, self.most, effective, start)
        return self._latest[1]

    def _hidden(self, model: Model, outputs: np.ndarray) -> np.ndarray:
        """W without the blocks inside patches; ValueError if nothing is ever hidden."""
        if model.mask_ratio == 0.0:
            raise ValueError("mask ratio 0 hides nothing: the loss on hidden patches needs more")
        ratios = np.full(len(outputs), model.mask_ratio)
        own = self.problem.patch_index[outputs]
        return solve(self.problem, self.problem.targets(outputs), ratios, own)[0]

    def _dae(self, model: Model, outputs: np.ndarray) -> np.ndarray:
        """S (S + sigma^2 I)^-1, or its leading part."""
        penalty, k = model.noise_deviation**2, model.n_latents
        if k < self.problem.size:
            found = self.latents(0.0)
            shrinkage = dae_shrinkage(found.eigenvalues[:k], penalty)
            return (found.encoder[:, :k] * shrinkage) @ found.decoder[outputs, :k].T
        blocks = self.problem.blocks + penalty * np.eye(self.problem.blocks.shape[1])
        moment = Mixture([(1.0, self.problem.moment)], penalty)
        noisy = System(moment, self.problem.coordinates, blocks)
        return solve(noisy, self.problem.targets(outputs), np.zeros(len(outputs)))[0]


def _identity(size: int, outputs: np.ndarray) -> np.ndarray:
    W = np.zeros((size, len(outputs)))
    W[outputs, np.arange(len(outputs))] = 1.0
    return W
