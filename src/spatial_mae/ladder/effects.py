"""The unit of a statement's effect, and what it is, as its verdicts say."""

from collections.abc import Sequence
from math import exp

from spatial_mae.claims.engine import PERCENT, PLAIN, POINTS, TIMES, Unit
from spatial_mae.claims.judging import JUDGES
from spatial_mae.tables.rows import Row


def unit_of(points: Sequence[Row]) -> Unit:
    """The unit in which the sentences of a statement's rungs give its effect.

    points: rows of `rungs.judge_rungs` of one statement, with an estimate. Where no sentence gives
    the estimate, such as those that give the distance to a margin, that of the judge's contrast.
    """
    judge = JUDGES.get(points[0]["id"])
    own = [judge.contrast.unit] if judge and judge.contrast else []
    units = [*own, POINTS, PERCENT, TIMES]
    said = [unit for unit in units if any(_words(row, unit) for row in points)]
    return next(iter([*said, *own]), PLAIN)


def words_of(points: Sequence[Row], unit: Unit) -> str:
    """What the effect is, in the words of the sentences; empty where they do not agree on it."""
    found = {_words(row, unit) for row in points} - {""}
    parts = {row["same_part"] for row in points}
    return found.pop() if len(found) == len(parts) == 1 else ""


def in_unit(value: float, unit: Unit) -> float:
    """An effect in a unit; logarithms of ratios become ratios."""
    return unit.factor * (exp(value) if unit.ratio else value)


def _words(row: Row, unit: Unit) -> str:
    """`accuracy gained` of `2 of 2 settings as claimed: accuracy gained 4.8 points (...).`"""
    before, found, _ = row["same_sentence"].partition(f" {unit(row['same_estimate'])}")
    return before.rpartition(": ")[2] if found else ""
