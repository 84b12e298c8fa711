"""Linear probe: multinomial logistic regression on frozen features, by full-batch L-BFGS.

The penalty is chosen on a share held out of the training images, by accuracy; the classifier is
then fitted again on all of them. The test images decide nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

TOLERANCE = 3e-5
"""A fit has converged when no entry of the gradient in its coordinates (nats) exceeds this."""

LEAST_DAMPING = 1e-4
"""Floor of the preconditioner's damping: rounding of G in float32 stays below it."""


@dataclass(frozen=True)
class Labelled:
    """Features (n, k), floating point, and labels (n,), int64, on one device."""

    features: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or self.labels.shape != self.features.shape[:1]:
            raise ValueError(
                f"features of shape {tuple(self.features.shape)} and labels of shape "
                f"{tuple(self.labels.shape)}: expected (n, k) and (n,)"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, rows: slice) -> "Labelled":
        return Labelled(self.features[rows], self.labels[rows])


@dataclass(frozen=True)
class LinearClassifier:
    """Logits W x + b: weights W (c, k), bias b (c,).

    objective: the penalised loss reached, in nats an image. converged: whether that is its minimum.
    """

    weights: Tensor
    bias: Tensor
    objective: float
    converged: bool

    def accuracy(self, data: Labelled) -> float:
        """Share of the images whose largest logit is their label's."""
        found = torch.addmm(self.bias[:, None], self.weights, data.features.T).argmax(dim=0)
        return (found == data.labels).double().mean().item()


@dataclass(frozen=True)
class Probe:
    """A linear classifier with its features' standardisation: logits W ((x - mean) scale) + b.

    weights (c, k), bias (c,), mean (k,), scale (k,).
    """

    weights: Tensor
    bias: Tensor
    mean: Tensor
    scale: Tensor

    def logits(self, features: Tensor) -> Tensor:
        """Of features (n, k): (n, c)."""
        return torch.addmm(self.bias, (features - self.mean).mul_(self.scale), self.weights.T)


@dataclass(frozen=True)
class ProbeResult:
    """Test accuracy in [0, 1], the penalty chosen, whether its fit converged, and the probe."""

    accuracy: float
    penalty: float
    converged: bool
    probe: Probe


def linear_probe(
    train: Labelled,
    test: Labelled,
    penalties: Sequence[float],
    validation_share: float,
    max_iterations: int,
    rng: np.random.Generator,
) -> ProbeResult:
    """Fit on `train`, judge on `test`; both are standardised by the mean and deviation of `train`.

    Of penalties equally accurate on the held-out share the largest is taken. Raises ValueError if
    the two have features of other sizes, or the held-out share or the rest of `train` is empty.
    """
    sizes = train.features.shape[1], test.features.shape[1]
    if sizes[0] != sizes[1]:
        raise ValueError(f"{sizes[0]} training features but {sizes[1]} test features")
    n_fit = len(train) - _n_held_out(len(train), validation_share)
    order = torch.from_numpy(rng.permutation(len(train))).to(train.labels.device)
    train = Labelled(train.features[order], train.labels[order])
    mean, scale = standardise_(train.features)
    test = Labelled((test.features - mean).mul_(scale), test.labels)
    n_classes = 1 + int(max(train.labels.max(), test.labels.max()))
    gram = second_moment(train.features)
    fit, held = train.part(slice(n_fit)), train.part(slice(n_fit, None))
    best, found = None, None
    for penalty in sorted(penalties, reverse=True):
        found = fit_logistic(fit, n_classes, penalty, max_iterations, found, gram)
        accuracy = found.accuracy(held)
        if best is None or accuracy > best[0]:
            best = accuracy, penalty, found
    _, penalty, start = best
    final = fit_logistic(train, n_classes, penalty, max_iterations, start, gram)
    probe = Probe(final.weights, final.bias, mean, scale)
    return ProbeResult(final.accuracy(test), penalty, final.converged, probe)


def standardise_(features: Tensor) -> tuple[Tensor, Tensor]:
    """Subtract the mean and divide by the deviation, feature by feature, in place: (n, k).

    Returns the mean (k,) and one over the deviation (k,), 0 for features that do not vary: a
    deviation of 1e-6 of the feature's mean, or of 1e-12 of the largest deviation, is rounding.
    """
    mean = features.mean(dim=0)
    centred = features.sub_(mean)
    deviation = centred.square().mean(dim=0).sqrt()
    # Rounding: of a constant in float32; of a product with pixels in float64, whatever its mean.
    constant = deviation <= torch.maximum(1e-6 * mean.abs(), 1e-12 * deviation.max())
    scale = torch.where(constant, 0.0, 1.0 / torch.where(constant, 1.0, deviation))
    centred.mul_(scale)
    return mean, scale


def second_moment(features: Tensor) -> Tensor:
    """G = X^T X / n, shape (k, k)."""
    return features.T @ features / len(features)


def fit_logistic(
    data: Labelled,
    n_classes: int,
    penalty: float,
    max_iterations: int,
    start: LinearClassifier | None = None,
    gram: Tensor | None = None,
    tolerance: float = TOLERANCE,
) -> LinearClassifier:
    """Minimise mean_i -log softmax(W x_i + b)[y_i] + penalty / 2 ||W||^2, the bias free of penalty.

    With C = 1 / (n penalty) this is the objective of scikit-learn's LogisticRegression. L-BFGS runs
    in coordinates V = W L with L L^T = G / c + penalty, the Hessian at W = 0 for c balanced
    classes: there it needs tens of iterations, however strongly features are correlated.

    start: where to begin; zero by default. gram: G of these or similar features, for the
    coordinates only; computed from the data by default. Raises ValueError for a penalty that is not
    above 0.
    """
    if not 0 < penalty < float("inf"):
        raise ValueError(f"penalty {penalty}: expected a number above 0")
    gram = second_moment(data.features) if gram is None else gram
    objective = _Objective(data, n_classes, penalty, gram)
    found = minimize(
        objective,
        objective.coordinates(start),
        jac=True,
        method="L-BFGS-B",
        options={
            "maxiter": max_iterations,
            "maxfun": 2 * max_iterations,
            "gtol": tolerance,
            "ftol": tolerance**2,
        },
    )
    weights, bias = objective.weights(found.x)
    return LinearClassifier(weights, bias, float(found.fun), bool(found.success))


class _Objective:
    """The penalised loss and its gradient in the coordinates (V, b sqrt(1 / c)), flat float64.

    Passes over the features take W as (c, k): a product of their transpose with a matrix of few
    columns is ten times slower.
    """

    def __init__(self, data: Labelled, n_classes: int, penalty: float, gram: Tensor) -> None:
        self.data, self.n_classes, self.penalty = data, n_classes, penalty
        damped = gram.double() / n_classes
        damped.diagonal().add_(max(penalty, LEAST_DAMPING))
        self.root = torch.linalg.cholesky(damped).to(data.features.dtype)

    def coordinates(self, start: LinearClassifier | None) -> np.ndarray:
        n_features = self.data.features.shape[1]
        if start is None:
            return np.zeros((n_features + 1) * self.n_classes)
        return _flat(start.weights @ self.root, start.bias / self.n_classes**0.5).cpu().numpy()

    def weights(self, coordinates: np.ndarray) -> tuple[Tensor, Tensor]:
        """W (c, k) and b (c,) at flat coordinates."""
        both = torch.from_numpy(coordinates).to(self.data.features).reshape(self.n_classes, -1)
        weights = torch.linalg.solve_triangular(self.root, both[:, :-1], upper=False, left=False)
        return weights, both[:, -1] * self.n_classes**0.5

    def __call__(self, coordinates: np.ndarray) -> tuple[float, np.ndarray]:
        features, labels = self.data.features, self.data.labels[None]
        weights, bias = self.weights(coordinates)
        log_shares = torch.addmm(bias[:, None], weights, features.T).log_softmax(dim=0)
        loss = -log_shares.gather(0, labels).mean(dtype=torch.float64)
        value = loss + self.penalty / 2 * weights.double().square().sum()
        residual = log_shares.exp_()
        residual.scatter_add_(0, labels, residual.new_full((1, 1), -1.0).expand_as(labels))
        residual /= labels.shape[1]
        slope = torch.addmm(weights, residual, features, beta=self.penalty)
        slope = torch.linalg.solve_triangular(self.root.T, slope, upper=True, left=False)
        flat = _flat(slope, residual.sum(dim=1) * self.n_classes**0.5)
        both = torch.cat([flat, value[None]]).cpu().numpy()  # one wait for a GPU, not two
        return float(both[-1]), both[:-1]


def _flat(weights: Tensor, bias: Tensor) -> Tensor:
    return torch.cat([weights, bias[:, None]], dim=1).double().flatten()


def _n_held_out(n: int, share: float) -> int:
    n_held = round(share * n)
    if not 0 < n_held < n:
        raise ValueError(
            f"validation_share {share} of {n} training images leaves {n_held} to choose the "
            f"penalty and {n - n_held} to fit: change the share or bring more images"
        )
    return n_held
