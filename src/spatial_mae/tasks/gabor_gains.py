"""Where masking helps to predict a Gabor response, by how much, and how sure that is.

A gain is the difference of two models' test errors. Both predict the same responses of the same
images, so that what is hard about an image cancels: the standard error is that of the mean over
images of their paired difference (the delta method for a ratio of means), at fixed readouts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from spatial_mae.files import Row
from spatial_mae.linear.colour import pixel_rows
from spatial_mae.linear.moments import PixelMoments
from spatial_mae.linear.normalisation import normalisation
from spatial_mae.linear.store import LinearRun
from spatial_mae.tasks.filters import Gabor, gabor_response
from spatial_mae.tasks.gabor import GaborProblem, GaborRecipe, Scorer, row_of, run_moments

# Above or at it a mask ratio is high: more patches are hidden than shown.
HIGH = 0.5
LOW_RATIOS = "low m"
SURE = NormalDist().inv_cdf(0.975)


def gain_rows(
    recipe: GaborRecipe, run: LinearRun, test: PixelMoments, images: np.ndarray
) -> list[Row]:
    """One row per filter, readout, input, number of latents and pair of models.

    Each MAE against the AE and against the MAE of the lowest mask ratio; and, without a mask ratio,
    the mean over those of at least 0.5 against the mean over those below, `low m`.

    images: the test images behind `test`, uint8 (n, height, width, channels); `recipe.n_judged` of
    them, spread evenly, give the standard errors. Raises ValueError as `gabor_scores`.
    """
    models, train, moment, index, shape = run_moments(recipe, run, test)
    problem = GaborProblem.of(recipe, models, train, moment, index, shape)
    views = _views(images, run, min(recipe.n_judged, len(images)))
    judges = [_Judge.of(problem, pixels, index) for pixels in views]
    rows = []
    for gabor in recipe.gabors():
        errors, crosses = problem.errors(gabor)
        seen = [judge.squares(problem, gabor, crosses) for judge in judges]
        power = np.mean([powers for powers, _ in seen], axis=0)
        losses = np.mean([found for _, found in seen], axis=0)
        rows += _filter_rows(gabor, problem.scorers, np.array(errors), losses, power, test.n)
    return rows


def _views(images: np.ndarray, run: LinearRun, n: int) -> list[np.ndarray]:
    """n of the images as the encoders see them, (n, d), and mirrored where the run mirrors."""
    moments, settings = run.moments, run.settings
    chosen = images[np.arange(n) * len(images) // n]
    pixels = pixel_rows(chosen, moments.colour)
    found = [pixels, pixels[:, moments.mirror]] if settings.flip else [pixels]
    centre = normalisation(moments, settings.centring, settings.flip)
    return [centre.rows(view) for view in found]


@dataclass(frozen=True)
class _Judge:
    """Some images, (n, d), with the features of every model, (n, k), and of each patch alone."""

    pixels: np.ndarray
    features: dict[tuple, np.ndarray]
    parts: dict[tuple, np.ndarray]

    @classmethod
    def of(cls, problem: GaborProblem, pixels: np.ndarray, index: np.ndarray) -> "_Judge":
        masked = {(s.model, s.mask_ratio) for s in problem.scorers if _hidden(s)}
        features, parts = {}, {}
        for e in problem.models:
            name = (e.model, e.mask_ratio)
            features[name] = pixels @ e.matrix
            if name in masked:
                parts[name] = np.stack(
                    [pixels[:, index == b] @ e.matrix[index == b] for b in np.unique(index)], axis=1
                )
        return cls(pixels, features, parts)

    def squares(
        self, problem: GaborProblem, gabor: Gabor, crosses: dict[tuple, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of each image |y|^2, (n,), and the expected |y - prediction|^2 of each scorer, (s, n)."""
        targets = gabor_response(self.pixels, gabor, *problem.shape)
        power = np.einsum("nd,nd->n", targets, targets)
        meeting = {name: targets @ cross.T for name, cross in crosses.items()}
        losses = [self._losses(s, crosses, meeting) for s in problem.scorers]
        return power, power + np.array(losses)

    def _losses(self, scorer: Scorer, crosses: dict, meeting: dict) -> np.ndarray:
        """|prediction|^2 - 2 y . prediction of each image, the mean over all masks."""
        name, k, m = (scorer.model, scorer.mask_ratio), scorer.n_latents, _hidden(scorer)
        operator = scorer.linear / (1 - m)
        cross = crosses[name][:k]
        kernel = operator @ (cross @ cross.T) @ operator
        z = self.features[name][:, :k]
        found = (1 - m) ** 2 * _quadratic(z, kernel)
        if m:
            found += m * (1 - m) * _quadratic(self.parts[name][..., :k], kernel).sum(axis=1)
        return found - 2 * np.einsum("nk,nk->n", z @ scorer.linear, meeting[name][:, :k])


def _hidden(scorer: Scorer) -> float:
    """The probability that a patch is hidden from the encoder."""
    return scorer.mask_ratio if scorer.input == "masked" else 0.0


def _quadratic(rows: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """z K z^T of each row z of (..., k)."""
    flat = rows.reshape(-1, rows.shape[-1])
    return np.einsum("nk,nk->n", flat @ kernel, flat).reshape(rows.shape[:-1])


def _filter_rows(
    gabor: Gabor,
    scorers: Sequence[Scorer],
    errors: np.ndarray,
    losses: np.ndarray,
    power: np.ndarray,
    n_test: int,
) -> Iterator[Row]:
    """The rows of one filter. errors (s,), losses (s, n) of each image, power (n,)."""
    cells: dict[tuple, list[int]] = {}
    for place, scorer in enumerate(scorers):
        cells.setdefault((scorer.readout, scorer.input, scorer.n_latents), []).append(place)
    for places in cells.values():
        for ours, theirs, named in _pairs(scorers, places):
            gain = errors[theirs].mean() - errors[ours].mean()
            excess = losses[theirs].mean(axis=0) - losses[ours].mean(axis=0) - gain * power
            error = np.std(excess, ddof=1) / power.mean() / np.sqrt(n_test)
            yield {
                **row_of(gabor, scorers[ours[0]], float(errors[ours].mean())),
                **named,
                "gain": float(gain),
                "standard_error": float(error),
                "interval_low": float(gain - SURE * error),
                "interval_high": float(gain + SURE * error),
                "n_test": n_test,
            }


def _pairs(
    scorers: Sequence[Scorer], places: Sequence[int]
) -> Iterator[tuple[list[int], list[int], Row]]:
    """Which scorers of one cell are compared: ours, theirs, and what the row says of it."""
    by_ratio = {scorers[place].mask_ratio: place for place in places}
    maes = sorted(ratio for ratio in by_ratio if ratio)
    for ratio in maes:
        yield [by_ratio[ratio]], [by_ratio[0.0]], {"against": "AE"}
    for ratio in maes[1:]:
        yield [by_ratio[ratio]], [by_ratio[maes[0]]], {"against": f"MAE {maes[0]:g}"}
    high = [by_ratio[ratio] for ratio in maes if ratio >= HIGH]
    low = [by_ratio[ratio] for ratio in maes if ratio < HIGH]
    if high and low:
        yield high, low, {"against": LOW_RATIOS, "mask_ratio": None}
