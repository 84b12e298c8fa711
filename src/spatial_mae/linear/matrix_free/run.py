"""A run of large images: what is solved, and how the stationary covariance is weighted."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from spatial_mae.files import read_arrays, write_arrays
from spatial_mae.linear.blocks import block_coordinates
from spatial_mae.linear.matrix_free.operators import (
    DenseMoment,
    Mixture,
    SampleMoment,
    sample_moment,
)
from spatial_mae.linear.matrix_free.samples import PixelSamples, read_images_or_sums
from spatial_mae.linear.matrix_free.stationary import StationaryMoment, stationary_moment
from spatial_mae.linear.matrix_free.system import System, solve, system
from spatial_mae.linear.moments import PixelMoments
from spatial_mae.linear.store import RunSettings
from spatial_mae.masks.patches import patch_index

FORM = "matrix-free"
# Weights of the stationary covariance that are tried, and on what.
WEIGHTS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)
HELD_OUT = 0.2
MASK_RATIOS = (0.25, 0.75)
N_OUTPUTS = 16
TOLERANCE = 1e-4
FEWEST = 10


@dataclass(frozen=True)
class Run:
    """Large images, or their sums, how S is made of them, and the stationary part's weight."""

    settings: RunSettings
    data: PixelSamples | PixelMoments
    stationary: float

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.data.height, self.data.width, self.data.channels

    @property
    def patch_index(self) -> np.ndarray:
        height, width, channels = self.shape
        return patch_index(height, width, self.settings.patch_size, channels)

    @cached_property
    def system(self) -> System:
        """What is solved for each mask ratio. Raises ValueError as `system.system` does."""
        if isinstance(self.data, PixelMoments):
            settings = self.settings
            S = self.data.matrix(settings.centring, settings.ridge, settings.flip)
            return system(DenseMoment(S), self.patch_index)
        return _Parts(self.data, self.settings).system(self.stationary, self.settings.ridge)

    def halves(self) -> list["Run"]:
        """The same with one half of the images, and the other; empty for sums or under 4 images."""
        if isinstance(self.data, PixelMoments) or self.data.n < 4:
            return []
        middle, n = self.data.n // 2, self.data.n
        parts = self.data.part(0, middle), self.data.part(middle, n)
        return [Run(self.settings, part, self.stationary) for part in parts]


class _Parts:
    """The parts of a mixture, and their blocks, for several weights."""

    def __init__(self, samples: PixelSamples, settings: RunSettings) -> None:
        height, width, channels = samples.shape
        self.index = patch_index(height, width, settings.patch_size, channels)
        self.sample: SampleMoment = sample_moment(samples, settings.centring, settings.flip)
        self.samples, self.flip = samples, settings.flip

    @cached_property
    def stationary(self) -> StationaryMoment:
        return stationary_moment(self.sample.images(), self.samples.shape, self.flip)

    @cached_property
    def _blocks(self) -> np.ndarray:
        return self.sample.blocks(_coordinates(self.index))

    def system(self, weight: float, ridge: float) -> System:
        """S = (1-w) sample + w stationary, and a ridge: a fraction of the mean of diag S."""
        parts, blocks = [], 0.0
        if weight < 1:
            parts, blocks = [(1 - weight, self.sample)], (1 - weight) * self._blocks
        if weight > 0:
            parts += [(weight, self.stationary)]
            blocks = blocks + weight * self.stationary.blocks(_coordinates(self.index))
        added = ridge * float(np.diagonal(blocks, axis1=1, axis2=2).mean())
        blocks = blocks + added * np.eye(blocks.shape[1])
        return system(Mixture(parts, added), self.index, blocks)


def _coordinates(index: np.ndarray) -> np.ndarray:
    return np.array(block_coordinates(index))


def solve_run(
    data: PixelSamples | PixelMoments,
    settings: RunSettings,
    weights: Sequence[float] = WEIGHTS,
    seed: int = 0,
) -> tuple[Run, dict[float, float]]:
    """The weight of `weights` with the least masked loss on held-out images; and all losses.

    Losses are the mean over mask ratios of 0.25 and 0.75, as a share of the variance of 16 output
    coordinates, on a fifth of the images that the solutions have not seen. Where only sums
    are known the weight is 0, and there are no losses.

    Raises ValueError for fewer than 10 images, or if no weight leaves S definite inside patches.
    """
    if isinstance(data, PixelMoments):
        run = Run(settings, data, 0.0)
        return run, {}
    if data.n < FEWEST and len(weights) > 1:
        raise ValueError(
            f"n = {data.n} images are too few to hold some out, by which the weight of the "
            f"stationary covariance is chosen: {FEWEST} or more are needed"
        )
    losses = held_out_losses(data, settings, weights, seed) if len(weights) > 1 else {}
    best = min(losses, key=losses.get) if losses else weights[0]
    return Run(settings, data, best), losses


def held_out_losses(
    data: PixelSamples, settings: RunSettings, weights: Sequence[float], seed: int = 0
) -> dict[float, float]:
    """The masked loss on the last fifth of the images of solutions from the others, by weight.

    A weight at which S is singular inside patches is left out. Raises ValueError if all are.
    """
    n_fit = data.n - max(1, round(HELD_OUT * data.n))
    parts = _Parts(data.part(0, n_fit), settings)
    held = SampleMoment(data.rows[n_fit:], parts.sample.scaling, parts.sample.mirror)
    rng = np.random.default_rng(seed)
    outputs = np.sort(rng.choice(held.size, min(N_OUTPUTS, held.size), replace=False))
    inside = held.blocks(_coordinates(parts.index))
    losses, refused = {}, None
    for weight in weights:
        try:
            problem = parts.system(weight, settings.ridge)
        except ValueError as error:
            refused = error
            continue
        losses[weight] = _held_out_loss(problem, held, inside, outputs)
    if not losses:
        raise refused
    return losses


def _held_out_loss(
    problem: System, held: SampleMoment, blocks: np.ndarray, outputs: np.ndarray
) -> float:
    """Lemma 1 of Bisulco et al. (2025) with the moments H of other images, over some outputs.

    blocks: of H inside patches.
    """
    q, targets = len(outputs), problem.targets(outputs)
    ratios = np.repeat(MASK_RATIOS, q)
    W, _ = solve(problem, np.tile(targets, len(MASK_RATIOS)), ratios, tolerance=TOLERANCE)
    chosen = np.tile(outputs, len(MASK_RATIOS))
    HW, inside = held.apply(W), problem.by_patch(blocks, W)
    power = np.tile(held.diagonal()[outputs], len(MASK_RATIOS))
    moved = (1 - ratios) * HW + ratios * inside
    explained = 2 * HW[chosen, np.arange(len(chosen))] - np.einsum("dq,dq->q", W, moved)
    return float((power - (1 - ratios) * explained).sum() / power.sum())


def write_run(path: str | Path, run: Run) -> None:
    """Write the settings of a run to an npz file; it is solved where it is used."""
    settings = run.settings
    arrays = {
        "form": np.array(FORM),
        "patch_size": np.array(settings.patch_size),
        "centring": np.array(settings.centring),
        "ridge": np.array(settings.ridge),
        "flip": np.array(settings.flip),
        "stationary": np.array(run.stationary),
        "n_coordinates": np.array(int(np.prod(run.shape))),
    }
    write_arrays(path, arrays)


def is_matrix_free(solution: str | Path) -> bool:
    """Whether a solution.npz is of this form."""
    with np.load(solution, allow_pickle=False) as archive:
        return "form" in archive.files


def open_run(moments: str | Path, solution: str | Path) -> Run:
    """Read a run back from its moments.npz and its solution.npz of this form.

    Raises FileNotFoundError if a file is missing and ValueError if the two do not belong together.
    """
    data, arrays = read_images_or_sums(moments), read_arrays(solution)
    size = data.height * data.width * data.channels
    if int(arrays["n_coordinates"]) != size:
        raise ValueError(
            f"{solution} has {int(arrays['n_coordinates'])} coordinates but {moments} has "
            f"{size}: they belong to different runs"
        )
    settings = RunSettings(
        int(arrays["patch_size"]),
        str(arrays["centring"]),
        float(arrays["ridge"]),
        bool(arrays["flip"]),
    )
    return Run(settings, data, float(arrays["stationary"]))
