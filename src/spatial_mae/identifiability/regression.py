"""How well features predict targets on held-out data: R^2 of linear and of kernel ridge regression.

Penalty and bandwidth are chosen for each target by itself, on images held out from the fit: a
target that cannot be predicted then gets the strongest penalty and an R^2 of about zero.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.spatial.distance import cdist

from spatial_mae.identifiability.recipe import RecoveryRecipe

MEDIAN_OF = 500
"""Images whose distances give the bandwidth's unit."""


@dataclass(frozen=True)
class Sample:
    """Features (n, k) and targets (n, q), float64, of the same images."""

    features: np.ndarray
    targets: np.ndarray

    def __post_init__(self) -> None:
        if len(self.features) != len(self.targets):
            raise ValueError(f"{len(self.features)} features but {len(self.targets)} targets")


def held_out_r_squared(
    train: Sample, test: Sample, readout: str, recipe: RecoveryRecipe
) -> np.ndarray:
    """R^2 of each target on the test images: (q,), at most 1, below 0 if worse than the mean.

    The last `validation_share` of the training images choose among the recipe's settings, the rest
    are fitted. Features are standardised; constant ones are dropped. Ridge regression has an
    intercept free of penalty; "kernel" takes exp(-|x - y|^2 / (2 h^2)), h a multiple of the median
    distance, of 1 where that is 0.

    Raises ValueError for an unknown readout, or a share that leaves nothing to fit or to choose by.
    """
    n_fit = len(train.features) - round(recipe.validation_share * len(train.features))
    if not 2 <= n_fit < len(train.features):
        raise ValueError(
            f"validation_share {recipe.validation_share} of {len(train.features)} images leaves "
            "none to fit or none to choose by"
        )
    fit_features, *others = _standardised(train.features, test.features, n_fit)
    offset = train.targets[:n_fit].mean(axis=0)
    centred = train.targets[:n_fit] - offset
    best = np.full(train.targets.shape[1], -np.inf)
    found = np.zeros_like(best)
    for chooser, judged in _predictions(fit_features, centred, others, readout, recipe):
        chosen = r_squared(train.targets[n_fit:], chooser + offset)
        better = chosen > best
        best[better] = chosen[better]
        found[better] = r_squared(test.targets, judged + offset)[better]
    return found


def r_squared(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """1 - squared errors / squared deviations from the mean, of each column (n, q)."""
    errors = ((targets - predictions) ** 2).sum(axis=0)
    return 1 - errors / ((targets - targets.mean(axis=0)) ** 2).sum(axis=0)


def _standardised(train: np.ndarray, test: np.ndarray, n_fit: int) -> list[np.ndarray]:
    """Fitted, choosing and test features, by the mean and deviation of the fitted."""
    mean, deviation = train[:n_fit].mean(axis=0), train[:n_fit].std(axis=0)
    kept = deviation > 1e-9 * max(deviation.max(), 1e-300)
    parts = (train[:n_fit], train[n_fit:], test)
    return [(part[:, kept] - mean[kept]) / deviation[kept] for part in parts]


def _predictions(
    features: np.ndarray,
    targets: np.ndarray,
    others: Sequence[np.ndarray],
    readout: str,
    recipe: RecoveryRecipe,
) -> Iterator[list[np.ndarray]]:
    """For each setting, the predictions for each of the `others`."""
    if readout == "linear":
        gram, cross = features.T @ features, features.T @ targets
        for penalty in recipe.penalties:
            weights = _solve(gram, penalty * len(features), cross)
            yield [other @ weights for other in others]
    elif readout == "kernel":
        unit = float(np.median(cdist(features[:MEDIAN_OF], features[:MEDIAN_OF]))) or 1.0
        squares = [cdist(x, features, "sqeuclidean") for x in (features, *others)]
        for bandwidth in recipe.bandwidths:
            scale = -1 / (2 * (bandwidth * unit) ** 2)
            own, *kernels = (np.exp(scale * square) for square in squares)
            for penalty in recipe.penalties:
                weights = _solve(own, penalty * len(features), targets)
                yield [kernel @ weights for kernel in kernels]
    else:
        raise ValueError(f"readout {readout!r} is unknown; use linear or kernel")


def _solve(matrix: np.ndarray, ridge: float, right: np.ndarray) -> np.ndarray:
    """(matrix + ridge I)^-1 right, of a symmetric matrix without negative eigenvalues."""
    ridged = matrix + ridge * np.eye(len(matrix))
    return cho_solve(cho_factor(ridged, overwrite_a=True), right)
