"""Verdicts at each budget of a ladder, and what becomes of each effect as the budget grows.

A rung is a recipe of pretraining; rungs differ in their epochs alone. The statements about trained
networks are judged from the rows of each rung by themselves. Over the rungs, the estimate of a
statement's effect is fitted as a + b log(epochs), weighted by its intervals; networks of
different rungs are other networks, so that their errors are independent, save for those of the test
images, which all share.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from spatial_mae.claims.judging import judge_all
from spatial_mae.claims.scale import EPOCHS
from spatial_mae.claims.verdict import FINDING, NOT_RUN, in_words
from spatial_mae.tables.rows import Row, Tables
from spatial_mae.tables.runs import SETTING

TRAINING = "training"
PLACE = ("dataset", "model", *SETTING)  # what networks of different rungs may share
LEAST_RUNGS = 4  # a line through fewer says nothing of its own fit
MISFIT = 0.05
TWO_SIDED = float(norm.ppf(0.975))
STRENGTHENS, FADES, LEVEL, FEW = "strengthens", "fades", "no trend shown", "too few rungs"


def rung_tables(tables: Tables, training: str) -> dict[str, list[Row]]:
    """The rows of the networks of one recipe, with those that no network made."""
    kept = {
        kind: [row for row in rows if row.get(TRAINING) in (None, training)]
        for kind, rows in tables.items()
    }
    return {kind: rows for kind, rows in kept.items() if rows}


def trained_kinds(tables: Tables) -> set[str]:
    """The experiments whose rows name a recipe of pretraining."""
    return {kind for kind, rows in tables.items() if any(row.get(TRAINING) for row in rows)}


def shared(rungs: Mapping[str, Tables]) -> dict[str, dict[str, list[Row]]]:
    """Of each rung the rows of those settings of which all rungs have networks, kind by kind.

    A rung without a network in a kind's table is not asked. Seeds may differ.
    """
    kinds = {kind for tables in rungs.values() for kind in tables}
    common = {kind: _common([tables.get(kind, ()) for tables in rungs.values()]) for kind in kinds}
    return {
        name: {
            kind: [row for row in rows if not row.get(TRAINING) or _place(row) in common[kind]]
            for kind, rows in tables.items()
        }
        for name, tables in rungs.items()
    }


def _common(rungs: Sequence[Sequence[Row]]) -> set[tuple]:
    places = [{_place(row) for row in rows if row.get(TRAINING)} for rows in rungs]
    return set.intersection(*(own for own in places if own)) if any(places) else set()


def _place(row: Row) -> tuple:
    return tuple([row.get(column) for column in PLACE])


def judge_rungs(tables: Tables, epochs: Mapping[str, int]) -> list[Row]:
    """A row for each rung and finding about trained networks that one of the rungs decides.

    epochs: recipe -> epochs, the rungs. Rows: id, source, quote, training, epochs; verdict,
    estimate, low, high and sentence of all networks of the rung (numbers are None where nothing was
    estimated, the verdict of a rung that does not speak of it is `NOT_RUN`); and `same_verdict`,
    `same_estimate`, `same_low`, `same_high`, `same_sentence` of `shared` settings: rungs with other
    patch sizes or mask ratios have other effects. Rungs without rows are left out.
    """
    rungs = {
        training: own
        for training, _ in sorted(epochs.items(), key=lambda item: item[1])
        if trained_kinds(own := rung_tables(tables, training))
    }
    alike = shared(rungs)
    found = []
    for training, own in rungs.items():
        every, same = _findings(own), _findings({k: r for k, r in alike[training].items() if r})
        for identity in [name for name in every if every[name]["scale"] or same[name]["scale"]]:
            claim = every[identity]
            row = {name: claim[name] for name in ("id", "source", "quote")}
            row |= {TRAINING: training, "epochs": epochs[training]}
            row |= _said_of(claim)
            found.append(row | {f"same_{k}": v for k, v in _said_of(same[identity]).items()})
    return found


def _findings(tables: Tables) -> dict[str, dict]:
    return {claim["id"]: claim for claim in judge_all(tables) if claim["role"] == FINDING}


def _said_of(claim: Mapping) -> Row:
    """The verdict on networks, with its numbers; one on anything else counts as not run."""
    evidence = claim["evidence"] if claim["scale"] else {}
    found = {name: evidence.get(name) for name in ("estimate", "low", "high")}
    found["verdict"] = claim["verdict"] if claim["scale"] else NOT_RUN
    return found | {"sentence": claim["sentence"]}


@dataclass(frozen=True)
class Trend:
    """How an effect changes with the logarithm of the epochs.

    per_tenfold: change of the estimate as epochs grow tenfold, low and high its 95% interval.
    word: `strengthens`, `fades`, `no trend shown` or `too few rungs`. predicted, with its
    interval: at the paper's epochs; None where that is not honest, and `reason` says why.
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

    Both of the settings that all rungs share. Where a rung says nothing of these, its own verdict
    stands in the list of verdicts, marked, and the rung has no part in the trend.
    """
    found = []
    for identity in dict.fromkeys(row["id"] for row in rows):
        own = [row for row in rows if row["id"] == identity]
        measured = [row for row in own if row["same_estimate"] is not None]
        line = trend(
            [row["epochs"] for row in measured],
            [row["same_estimate"] for row in measured],
            [(row["same_high"] - row["same_low"]) / (2 * TWO_SIDED) for row in measured],
        )
        said = {name: own[0][name] for name in ("id", "source", "quote")}
        words = "; ".join(f"{row['epochs']}: {_said(row)}" for row in own)
        found.append(said | {"verdicts": words} | vars(line))
    return found


def _said(row: Row) -> str:
    if row["same_verdict"] != NOT_RUN or row["verdict"] == NOT_RUN:
        return in_words(row["same_verdict"])
    return f"{in_words(row['verdict'])} (other settings)"


def markdown(rows: Sequence[Row]) -> str:
    """The trends as a table in Markdown."""
    head = "| statement | quote | verdict by epochs | change per tenfold (95%) | trend | "
    lines = [head + f"at {EPOCHS} epochs (95%) |", "|---" * 6 + "|"]
    for row in rows:
        slope = _range(row["per_tenfold"], row["low"], row["high"])
        ahead = _range(row["predicted"], row["predicted_low"], row["predicted_high"])
        cells = (
            row["id"],
            row["quote"].replace("|", "\\|"),
            row["verdicts"],
            slope,
            row["word"],
            ahead or f"not told: {row['reason']}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _range(value: float | None, low: float | None, high: float | None) -> str:
    return "" if value is None else f"{value:.3g} ({low:.3g} to {high:.3g})"
