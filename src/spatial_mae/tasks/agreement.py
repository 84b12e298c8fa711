"""How well predicted gains rank measured ones: Spearman's correlation with errors, and signs."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.stats import rankdata

from spatial_mae.files import Row
from spatial_mae.tasks.judged_targets import Cell, Judged

MISSED = "missed"
"""A predictor whose values are all positive: they order targets and predict no sign."""

SURE = 1.96
"""A gain farther from 0 than this many standard errors has a known sign."""


def rank_rows(judged: Sequence[Judged], n_draws: int, rng: np.random.Generator) -> list[Row]:
    """One row per family of targets, setting and predictor.

    rank_correlation: over the family's targets, between predicted and measured gain; its standard
    error and 95% interval from `n_draws` draws, each of as many images and as many targets with
    replacement. Targets close to each other count as independent, so that errors are too small.
    sign_agreement: of the n_sure targets whose measured sign is known, the share whose predicted
    sign is the same (None of the predictor `MISSED`); majority: the share that the commoner sign
    has among them. Families of fewer than three targets have no row.
    """
    families: dict[str, list[Judged]] = {}
    for one in judged:
        families.setdefault(one.goal.names["target"], []).append(one)
    return [
        row
        for family, group in families.items()
        if len(group) > 2
        for row in _family_rows(family, group, n_draws, rng)
    ]


def _family_rows(
    family: str, group: Sequence[Judged], n_draws: int, rng: np.random.Generator
) -> Iterator[Row]:
    power = np.stack([one.power for one in group], axis=1)
    n_test, n_targets = power.shape
    images = rng.multinomial(n_test, np.full(n_test, 1 / n_test), n_draws)
    targets = rng.integers(n_targets, size=(n_draws, n_targets))
    drawn_power = images @ power
    for cell, predictors in group[0].predicted.items():
        losses = np.stack([one.differences[cell] for one in group], axis=1)
        drawn = np.take_along_axis(images @ losses / drawn_power, targets, axis=1)
        sure = _known_signs(group, cell)
        for name in predictors:
            predicted = np.array([one.predicted[cell][name] for one in group])
            measured = losses.mean(axis=0) / power.mean(axis=0)
            yield {
                "target": family,
                **cell.names,
                "predictor": name,
                "rank_correlation": float(rank_correlation(predicted, measured)),
                **_spread(rank_correlation(predicted[targets], drawn)),
                **_signs(None if name == MISSED else predicted, sure),
                "n_targets": n_targets,
                "n_test": n_test,
            }


def rank_correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Spearman's correlation along the last axis, ties at mean ranks; 0 where one is constant."""
    ranks = [rankdata(values, axis=-1) for values in (a, b)]
    first, second = (r - r.mean(axis=-1, keepdims=True) for r in ranks)
    scale = np.sqrt(np.sum(first**2, axis=-1) * np.sum(second**2, axis=-1))
    product = np.sum(first * second, axis=-1)
    return np.divide(product, scale, where=scale > 0, out=np.zeros_like(product))


def _spread(draws: np.ndarray) -> Row:
    low, high = np.quantile(draws, (0.025, 0.975))
    error = float(np.std(draws, ddof=1))
    return {"standard_error": error, "interval_low": float(low), "interval_high": float(high)}


def _known_signs(group: Sequence[Judged], cell: Cell) -> np.ndarray:
    """1, -1, or 0 where the measured sign is not known, of each target."""
    gains = np.array([one.gain(cell) for one in group])
    errors = np.array([one.standard_error(cell) for one in group])
    return np.where(np.abs(gains) > SURE * errors, np.sign(gains), 0)


def _signs(predicted: np.ndarray | None, known: np.ndarray) -> Row:
    """predicted: None of a predictor without signs. known: as `_known_signs`."""
    found: Row = {"sign_agreement": None, "majority": None, "n_sure": int(np.sum(known != 0))}
    if found["n_sure"]:
        positive = float(np.mean(known[known != 0] > 0))
        found["majority"] = max(positive, 1 - positive)
        if predicted is not None:
            agreed = np.sign(predicted) == known
            found["sign_agreement"] = float(np.mean(agreed[known != 0]))
    return found
