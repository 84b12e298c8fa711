"""Gabor prediction: how well the features of linear AE and MAE predict filter responses, by scale.

Each model encodes the image, a linear readout of its k features predicts the whole response
image, fit on the training moments and judged on the test moments (Bisulco et al. 2025, Sec. 2.3
and Fig. 7).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from spatial_mae.files import Row
from spatial_mae.linear.moments import PixelMoments
from spatial_mae.linear.normalisation import normalisation
from spatial_mae.linear.store import LinearRun
from spatial_mae.study.keys import Count, NotNegative, Positive, Shares, Two
from spatial_mae.study.recipes import Checked
from spatial_mae.tasks.encoders import Encoder, check_n_latents, encoders
from spatial_mae.tasks.filters import Border, Gabor, Reading, gabor_map, gabor_response
from spatial_mae.tasks.readout import (
    FeatureMoments,
    Input,
    Readout,
    check_readout,
    feature_moments,
    readout_operator,
)

Shape = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class GaborRecipe(Checked):
    """Settings of the Gabor task; lists are crossed with one another."""

    readings: tuple[Reading, ...] = ("wavelet", "window")
    """Readings of Eq. 8: wavelet (the whole function dilates) or window (only the envelope grows).
    [not clear]"""
    readouts: tuple[Readout, ...] = ("free", "ridge")
    """Linear readouts: free (least squares, blind to the features' scale) or ridge (penalised)."""
    inputs: tuple[Input, ...] = ("whole", "masked")
    """What the encoder sees: the whole image, or one under the model's own mask ratio."""
    mask_ratios: Shares
    """Probabilities that a patch is hidden; the AE, 0, is always there.
    [Bisulco varies it, Fig. 7]"""
    n_latents: tuple[Count, ...]
    """Numbers of latents k. [not stated]"""
    scales: tuple[Positive, ...]
    """Dilations l.
    [Bisulco varies it, Fig. 7]"""
    frequencies: tuple[float, ...] = (0.5, 1.57)
    """Angular frequencies w in radians a pixel. [not stated]"""
    orientations: tuple[float, ...] = (0, 90)
    """Angles of the wave vector in degrees. [not stated]"""
    phase: float = 0.0
    """Phase in degrees."""
    window: Positive = 1.0
    """Width s of the Gaussian window in pixels at scale 1."""
    border: Border = "zero"
    """What is beyond the image."""
    ridge: NotNegative = 0.01
    """Penalty of the readout `ridge`, as a share of the features' mean variance."""
    n_judged: Two = 1000
    """Test images behind the standard errors of gains; all if there are fewer. Errors and gains
    themselves are of all test images."""

    def check(self) -> None:
        for readout in self.readouts:
            check_readout(readout, self.ridge)
        check_n_latents(self.n_latents)
        list(self.gabors())

    def gabors(self) -> Iterator[Gabor]:
        """All filters of the recipe."""
        settings = product(self.readings, self.scales, self.frequencies, self.orientations)
        for reading, scale, frequency, orientation in settings:
            yield Gabor(
                reading, scale, frequency, orientation, self.phase, self.window, self.border
            )


def predict_gabor(recipe: GaborRecipe, run: LinearRun, test: PixelMoments) -> list[Row]:
    """`gabor_scores` of the encoders of a solved run, on the moments of its data set's test images.

    Test images are normalised as the training images were. Readouts are fit without the run's ridge
    on S, and flipped images count in both splits where they do in the run.
    """
    return gabor_scores(recipe, *run_moments(recipe, run, test))


def run_moments(
    recipe: GaborRecipe, run: LinearRun, test: PixelMoments
) -> tuple[list[Encoder], np.ndarray, np.ndarray, np.ndarray, Shape]:
    """Encoders, both splits' moments, patches and shape of a run, as `gabor_scores` takes them."""
    train, flip = run.moments, run.settings.flip
    return (
        encoders(run, recipe.mask_ratios, max(recipe.n_latents)),
        train.matrix(run.settings.centring, flip=flip),
        normalisation(train, run.settings.centring, flip).moment(test, flip),
        run.decomposition.patch_index,
        (train.height, train.width, train.channels),
    )


def gabor_scores(
    recipe: GaborRecipe,
    models: Sequence[Encoder],
    train: np.ndarray,
    test: np.ndarray,
    patch_index: np.ndarray,
    shape: Shape,
) -> list[Row]:
    """One row per filter, model, number of latents, readout and input, with the test error 1 - R^2.

    Parameters: models with at least max(n_latents) columns, in order of eigenvalue; train and
    test, second moments (d, d) of the pixels about the same mean; patch_index (d,); shape =
    (height, width, channels). Raises ValueError if n_latents exceeds the encoders' columns or a
    response has no power on the test images.
    """
    problem = GaborProblem.of(recipe, models, train, test, patch_index, shape)
    return [
        row_of(gabor, scorer, error)
        for gabor in recipe.gabors()
        for scorer, error in zip(problem.scorers, problem.errors(gabor)[0], strict=True)
    ]


@dataclass(frozen=True)
class GaborProblem:
    """The encoders of one run with their readouts, and moments to judge any filter with.

    pixels: of the training and of the test images, E[z^T x] of all encoders, one below the other.
    test: second moments (d, d) of the test images.
    """

    models: Sequence[Encoder]
    scorers: list["Scorer"]
    pixels: tuple[np.ndarray, np.ndarray]
    test: np.ndarray
    shape: Shape

    @classmethod
    def of(
        cls,
        recipe: GaborRecipe,
        models: Sequence[Encoder],
        train: np.ndarray,
        test: np.ndarray,
        patch_index: np.ndarray,
        shape: Shape,
    ) -> "GaborProblem":
        """Fit the readouts; arguments and errors as of `gabor_scores`."""
        check_n_latents(recipe.n_latents, min(e.matrix.shape[1] for e in models))
        scorers = [s for e in models for s in _scorers(recipe, e, train, test, patch_index)]
        pixels = [np.concatenate([e.matrix.T @ moment for e in models]) for moment in (train, test)]
        return cls(models, scorers, tuple(pixels), test, shape)

    def errors(self, gabor: Gabor) -> tuple[list[float], dict[tuple, np.ndarray]]:
        """The test error of each scorer; by model and mask ratio E[z^T y] in training, (k, d)."""
        bounds = np.cumsum([e.matrix.shape[1] for e in self.models])[:-1]
        crosses = [np.split(gabor_response(p, gabor, *self.shape), bounds) for p in self.pixels]
        power = response_power(self.test, gabor, self.shape)
        names = [(e.model, e.mask_ratio) for e in self.models]
        products = {
            name: (fitted @ fitted.T, fitted @ judged.T)
            for name, fitted, judged in zip(names, *crosses, strict=True)
        }
        errors = [s.error(*products[s.model, s.mask_ratio], power) for s in self.scorers]
        return errors, dict(zip(names, crosses[0], strict=True))


def response_power(moment: np.ndarray, gabor: Gabor, shape: Shape) -> float:
    """E||y||^2 = tr(G^T S G) of a filter's response. Raises ValueError where it is zero."""
    power = float(np.sum(gabor_map(gabor, *shape) * gabor_response(moment, gabor, *shape)))
    if not power > 0:
        raise ValueError(f"{gabor} has no response on the test images: no error relative to it")
    return power


@dataclass(frozen=True)
class Scorer:
    """What one fitted readout needs to be judged on any target that is linear in the image.

    With M = R c_train the error is power - 2 tr(R c_train c_test^T) + tr(R K_test R c_train
    c_train^T): both traces need only the (k, k) products of the cross moments.
    """

    model: str
    mask_ratio: float
    n_latents: int
    readout: Readout
    input: Input
    linear: np.ndarray
    quadratic: np.ndarray

    def error(self, fitted: np.ndarray, judged: np.ndarray, power: float) -> float:
        k = self.n_latents
        explained = 2 * np.sum(self.linear * judged[:k, :k])
        explained -= np.sum(self.quadratic * fitted[:k, :k])
        return float(1 - explained / power)


def _scorers(
    recipe: GaborRecipe,
    encoder: Encoder,
    train: np.ndarray,
    test: np.ndarray,
    patch_index: np.ndarray,
) -> Iterator[Scorer]:
    for shown in recipe.inputs:
        hidden = encoder.mask_ratio if shown == "masked" else 0.0
        moments = [feature_moments(encoder.matrix, s, patch_index, hidden) for s in (train, test)]
        for readout, k in product(recipe.readouts, recipe.n_latents):
            matrices = _matrices(*moments, readout, k, recipe.ridge, 1 - hidden)
            yield Scorer(encoder.model, encoder.mask_ratio, k, readout, shown, *matrices)


def _matrices(
    train: FeatureMoments,
    test: FeatureMoments,
    readout: Readout,
    k: int,
    ridge: float,
    shown: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The two matrices of a `Scorer`; masking scales each cross moment by 1 - m."""
    operator = shown * readout_operator(train.gram[:k, :k], readout, ridge)
    return shown * operator, operator @ test.gram[:k, :k] @ operator


def row_of(gabor: Gabor, scorer: Scorer, error: float) -> Row:
    return {
        "reading": gabor.reading,
        "readout": scorer.readout,
        "input": scorer.input,
        "model": scorer.model,
        "mask_ratio": scorer.mask_ratio,
        "n_latents": scorer.n_latents,
        "scale": gabor.scale,
        "frequency": gabor.frequency,
        "orientation": gabor.orientation,
        "error": error,
    }
