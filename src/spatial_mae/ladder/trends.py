"""What becomes of each effect as the budget grows.

Over the rungs of a ladder, the estimate of a statement's effect is fitted as a + b log(epochs),
weighted by its intervals; networks of different rungs are other networks, so that their errors are
independent, save for those of the test images, which all share.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from spatial_mae.claims.scale import EPOCHS
from spatial_mae.claims.verdict import NOT_RUN, in_words
from spatial_mae.tables.rows import Row, grouped

LEAST_RUNGS = 4  # a line through fewer says nothing of its own fit
MISFIT = 0.05
TWO_SIDED = float(norm.ppf(0.975))
STRENGTHENS, FADES, LEVEL, FEW = "strengthens", "fades", "no trend shown", "too few rungs"
UNLIKE = "parts differ"


@dataclass(frozen=True)
class Trend:
    """How an effect changes with the logarithm of the epochs.

    per_tenfold: change of the estimate as epochs grow tenfold, low and high its 95% interval.
    word: `strengthens`, `fades`, `no trend shown`, `too few rungs`, or `parts differ` where rungs
    are decided by different parts of a statement, whose estimates are no one quantity. predicted,
    with its interval: at the paper's epochs; None where that is not honest, and `reason` says why.
    """

    n_rungs: int
    per_tenfold: float | None
    low: float | None
    high: float | None
    word: str
    predicted: float | None
    predicted_low: float | None
    predicted_high: float | None
    reason: str


def trend(epochs: Sequence[float], estimates: Sequence[float], errors: Sequence[float]) -> Trend:
    """A line through estimates with standard errors over log(epochs), weighted.

    Extrapolated only if there are four rungs or more, the line fits them (chi-squared, 5%), and the
    paper's epochs are no farther beyond the last rung, in log(epochs), than that is from the first.
    Where the line misses the points by more than their errors, those of the slope grow with it.
    """
    n = len(epochs)
    if len(set(epochs)) < 2 or min(errors) <= 0:
        return Trend(n, *(None,) * 3, FEW, *(None,) * 3, f"rungs with an estimate: {n}")
    x, y, s = np.log(epochs), np.asarray(estimates, float), np.asarray(errors, float)
    design = np.stack([np.ones(n), x], axis=1) / s[:, None]
    covariance = np.linalg.inv(design.T @ design)
    line = covariance @ design.T @ (y / s)
    misfit = float(np.square(design @ line - y / s).sum())
    fits = n == 2 or chi2.sf(misfit, n - 2) >= MISFIT
    covariance = covariance * max(1.0, misfit / (n - 2) if n > 2 else 1.0)
    slope, width = line[1] * math.log(10), TWO_SIDED * math.sqrt(covariance[1, 1]) * math.log(10)
    at = np.array([1.0, math.log(EPOCHS)])
    reach = TWO_SIDED * math.sqrt(at @ covariance @ at)
    reason = _unfit(n, fits, x)
    ahead = (None,) * 3 if reason else tuple(map(float, at @ line + np.array([0, -reach, reach])))
    return Trend(n, slope, slope - width, slope + width, _word(slope, width), *ahead, reason)


def _word(slope: float, width: float) -> str:
    """By the interval of the slope: effects are written so that larger is what is claimed."""
    if abs(slope) <= width:
        return LEVEL
    return STRENGTHENS if slope > 0 else FADES


def _unfit(n: int, fits: bool, x: np.ndarray) -> str:
    """Why the line is not followed to the paper's epochs; empty if it is."""
    if n < LEAST_RUNGS:
        return f"{n} rungs, {LEAST_RUNGS} needed"
    if not fits:
        return "the points are not on a line over log(epochs)"
    if math.log(EPOCHS) - x.max() > x.max() - x.min():
        return f"{EPOCHS} epochs are too far beyond the last rung"
    return ""


def trends(rows: Sequence[Row]) -> list[Row]:
    """A row for each statement: its verdicts from rung to rung and its `Trend`.

    Both of settings that rungs share (`judge_rungs`). Where a rung says nothing of these, its own
    verdict stands in the list of verdicts, marked, and the rung has no part in the trend.
    """
    found = []
    for identity in dict.fromkeys(row["id"] for row in rows):
        own = [row for row in rows if row["id"] == identity]
        measured = [row for row in own if row["same_estimate"] is not None]
        line = _unlike(measured) or trend(
            [row["epochs"] for row in measured],
            [row["same_estimate"] for row in measured],
            [(row["same_high"] - row["same_low"]) / (2 * TWO_SIDED) for row in measured],
        )
        said = {name: own[0][name] for name in ("id", "source", "quote", "settings")}
        words = "; ".join(f"{row['epochs']}: {_said(row)}" for row in own)
        found.append(said | {"verdicts": words} | vars(line))
    return found


def _unlike(rows: Sequence[Row]) -> Trend | None:
    """No trend, where the estimates are of different parts of a combined statement."""
    parts = grouped(rows, lambda row: row["same_part"])
    if len(parts) < 2:
        return None
    decided = ", ".join(
        f"part {part} decides at {' and '.join(str(row['epochs']) for row in own)} epochs"
        for part, own in parts.items()
    )
    return Trend(len(rows), *(None,) * 3, UNLIKE, *(None,) * 3, decided)


def _said(row: Row) -> str:
    if row["same_verdict"] != NOT_RUN or row["verdict"] == NOT_RUN:
        return in_words(row["same_verdict"])
    return f"{in_words(row['verdict'])} (other settings)"


def markdown(rows: Sequence[Row]) -> str:
    """The trends as a table in Markdown."""
    head = (
        "| statement | quote | networks | verdict by epochs | change per tenfold (95%) | trend | "
    )
    lines = [head + f"at {EPOCHS} epochs (95%) |", "|---" * 7 + "|"]
    for row in rows:
        slope = _range(row["per_tenfold"], row["low"], row["high"])
        ahead = _range(row["predicted"], row["predicted_low"], row["predicted_high"])
        cells = (
            row["id"],
            row["quote"].replace("|", "\\|"),
            row["settings"] or "all",
            row["verdicts"],
            slope,
            row["word"],
            ahead or f"not told: {row['reason']}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _range(value: float | None, low: float | None, high: float | None) -> str:
    return "" if value is None else f"{value:.3g} ({low:.3g} to {high:.3g})"
