"""Which targets gain from masking: predicted from training moments, measured on test images.

The gain is the AE's error less the MAE's, of a linear readout without penalty from k features of
whole images, as a share of the target's power. Four predictors, none with a free parameter and
none fitted to a gain: `exact`, the closed form on the training moments; `turn`, the first-order
turn of the AE's features (`linear.rotation`); `redundancy`, the target's mean redundancy gain;
`missed`, a baseline, the share of the target that the AE does not explain.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from spatial_mae.data.store import Dataset
from spatial_mae.files import Row
from spatial_mae.linear.rotation import (
    Whitening,
    check_patches,
    explained_gain,
    feature_span,
    missed_share,
    redundancy_excess,
    redundancy_matrix,
    turned_span,
)
from spatial_mae.linear.store import LinearRun
from spatial_mae.study.keys import Count, Natural, Parts, Positive, Two
from spatial_mae.study.recipes import Checked
from spatial_mae.tasks.agreement import MISSED
from spatial_mae.tasks.depth_maps import Target
from spatial_mae.tasks.encoders import Encoder, encoders
from spatial_mae.tasks.filters import Gabor, Reading
from spatial_mae.tasks.judged_targets import Cell, Judged, Problem
from spatial_mae.tasks.targets import COSINE, DEPTH, Goal, cosine_goals, gabor_goals

EXACT, TURN, REDUNDANCY = "exact", "turn", "redundancy"


@dataclass(frozen=True, kw_only=True)
class GainRecipe(Checked):
    """Targets whose gain from masking is predicted and measured; lists are crossed."""

    mask_ratios: Parts
    """Probabilities that a patch is hidden; each is compared with the AE, where nothing is."""
    n_latents: tuple[Count, ...]
    """Numbers of latents k, each below the number of coordinates."""
    readings: tuple[Reading, ...] = ("wavelet", "window")
    """Readings of Eq. 8, as in the recipes `gabor`."""
    scales: tuple[Positive, ...] = (1.0, 2.0, 4.0, 8.0)
    """Dilations of the Gabors."""
    frequencies: tuple[float, ...] = (0.35, 0.5, 0.65, 1.0, 1.2, 2.0)
    """Angular frequencies of the Gabors in radians a pixel."""
    orientations: tuple[float, ...] = (0.0, 45.0, 90.0)
    """Angles of the Gabors' wave vectors in degrees."""
    orders: tuple[Natural, ...] = (0, 1, 2, 3, 4, 6, 8, 12)
    """Orders, down and along, of the cosines that an image is projected on."""
    depth: Target | None = None
    """Of data with depth: the map whose cosines are targets too; pixels without depth count as the
    training mean."""
    n_judged: Two = 1000
    """Test images that measure the gains; all if there are fewer."""
    n_draws: Two = 400
    """Draws of images and targets with replacement, for the errors of rank correlations."""

    def check(self) -> None:
        for name in ("mask_ratios", "n_latents"):
            if not getattr(self, name):
                raise ValueError(f"{name} is empty: name at least one")
        if not (list(self.gabors()) or self.orders):
            raise ValueError("no target: name scales, frequencies and orientations, or orders")

    def gabors(self) -> Iterator[Gabor]:
        """All filters of the recipe, each once: at scale 1 the readings are the same."""
        settings = product(self.readings, self.scales, self.frequencies, self.orientations)
        unique: dict[tuple, Gabor] = {}
        for gabor in (Gabor(*setting) for setting in settings):
            unique.setdefault((gabor.spread, *gabor.wave_vector), gabor)
        return iter(unique.values())

    def goals(self, shape: tuple[int, int, int]) -> list[Goal]:
        """All targets of images of this shape (height, width, channels)."""
        found = [
            *gabor_goals(list(self.gabors()), shape),
            *cosine_goals(COSINE, self.orders, shape),
        ]
        if self.depth:
            found += cosine_goals(DEPTH, self.orders, (*shape[:2], 1))
        return found


def gains_of_targets(recipe: GainRecipe, run: LinearRun, dataset: Dataset) -> list[Judged]:
    """Every target and setting: predictions by name, and losses of the test images.

    Raises ValueError for a single patch, k outside 1 to d - 1, singular moments, a depth map that
    the data set does not have, or a target without power.
    """
    check_patches(run.decomposition.n_patches)
    settings = recipe.n_latents, recipe.n_judged, recipe.depth
    models = encoders(run, recipe.mask_ratios, max(recipe.n_latents))
    problem = Problem.of(run, dataset, models, *settings)
    predict = Predictor.of(problem.whitening, run, models[1:], recipe.n_latents)
    shape = (run.moments.height, run.moments.width, run.moments.channels)
    return [problem.judged(goal, predict) for goal in recipe.goals(shape)]


@dataclass(frozen=True)
class Predictor:
    """What predictions of any target need. By mask ratio: exact (d, most k), redundancy M (d, d).

    turned: by cell, (d, k). Spans are orthonormal, in whitened coordinates.
    """

    whitening: Whitening
    exact: dict[float, np.ndarray]
    turned: dict[Cell, np.ndarray]
    redundancy: dict[float, np.ndarray]

    @classmethod
    def of(
        cls,
        whitening: Whitening,
        run: LinearRun,
        maes: Sequence[Encoder],
        n_latents: Sequence[int],
    ) -> "Predictor":
        """Of the MAEs of a run. Raises ValueError as `redundancy_matrix` and `turned_span`."""
        exact = {e.mask_ratio: feature_span(whitening, e.matrix) for e in maes}
        matrices = {m: redundancy_matrix(whitening, run.decomposition, m) for m in exact}
        turned = {
            Cell(m, k): turned_span(whitening, matrix, k)
            for m, matrix in matrices.items()
            for k in n_latents
        }
        return cls(whitening, exact, turned, matrices)

    def __call__(self, whitened: np.ndarray, power: float) -> dict[Cell, dict[str, float]]:
        """Of a target (d, q) and its power the predictions of each cell, by predictor."""
        second, found = whitened @ whitened.T, {}
        for cell, turned in self.turned.items():
            m, k = cell.mask_ratio, cell.n_latents
            found[cell] = {
                EXACT: explained_gain(self.exact[m][:, :k], whitened, power),
                TURN: explained_gain(turned, whitened, power),
                REDUNDANCY: redundancy_excess(self.whitening, self.redundancy[m], k, second),
                MISSED: missed_share(k, whitened, power),
            }
        return found


def target_rows(judged: Sequence[Judged]) -> list[Row]:
    """One row per target, setting and predictor: predicted and measured gain, error of the latter.

    standard_error: over test images, of the mean of their paired differences (the delta method for
    a ratio of means), at fixed readouts.
    """
    return [
        {
            **one.goal.names,
            **cell.names,
            "predictor": name,
            "predicted_gain": value,
            "gain": one.gain(cell),
            "standard_error": one.standard_error(cell),
            "n_test": len(one.power),
        }
        for one in judged
        for cell, predictions in one.predicted.items()
        for name, value in predictions.items()
    ]
