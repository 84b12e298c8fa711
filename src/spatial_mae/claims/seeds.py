"""Judging trained networks: what a setting's seeds say of an effect, and the verdict over them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from spatial_mae.claims.conditions import Effect, Noise, Outcome, decide
from spatial_mae.claims.scale import mark
from spatial_mae.claims.verdict import CONDITIONAL, HOLDS, Verdict
from spatial_mae.tables.repeats import largest_n, whole_seeds
from spatial_mae.tables.rows import Rows
from spatial_mae.tables.runs import completed
from spatial_mae.tables.settings import named, settings

CLOCK = "Clock times, of runs that may have shared their machine."

BETWEEN_SEEDS = Noise(
    limit="the spread between seeds or the test set's standard error",
    known="Spread between seeds",
    unknown="One seed in each setting: spread between seeds unknown.",
    more="More seeds or more test images are needed.",
)


def left_out(rows: Rows) -> str:
    """How many rows belong to runs that did not end well; empty if none."""
    count = len(rows) - len(completed(rows))
    return f"Left out: {count} rows of runs that did not complete." if count else ""


def sentences(*texts: str) -> str:
    return " ".join(filter(None, texts))


def across_seeds(
    rows: Rows,
    effect: Effect,
    free: Iterable[str],
    floor: Callable[[Rows], float] = lambda rows: 0.0,
) -> list[Outcome]:
    """The outcome of `effect` in every setting, over the seeds that have all of its rows.

    The range of the effect over single seeds is the noise: an effect no larger than it, or than
    `floor`, is not resolved.
    """
    outcomes = []
    for where, group in settings(rows, free).items():
        seeds = whole_seeds(group)
        found = effect([row for seed in seeds for row in seed])
        if found is None:
            continue
        sizes = [size for _, size in filter(None, map(effect, seeds))]
        spread = max(sizes) - min(sizes) if len(sizes) > 1 else None
        least = max(spread or 0.0, floor(group))
        resolved = least == 0 or abs(found[1]) > least
        holds = found[0] if resolved else None
        outcomes.append(Outcome(named(where), holds, found[1], largest_n(group), spread))
    return outcomes


def across_units(rows: Rows, effect: Effect, floor: Callable[[Rows], float]) -> list[Outcome]:
    """Over mask units of several patches of one size, then over single patches of several sizes."""
    return [out for axis in ("unit", "patch") for out in across_seeds(rows, effect, (axis,), floor)]


def judged(
    outcomes: Sequence[Outcome],
    rows: Rows,
    needs: str,
    size: str,
    evidence: Mapping[str, float] | None = None,
    note: str = "",
    scale: Callable[[Rows], str] = mark,
) -> Verdict:
    """`decide` for trained networks: the conditions start with the scale of the runs.

    scale: says it with that of the statement's own paper.

    Arguments as in `spatial_mae.claims.conditions.decide`.
    """
    verdict = decide(outcomes, rows, needs, size, evidence, note, BETWEEN_SEEDS)
    if not outcomes:
        return verdict
    return replace(verdict, conditions=f"{scale(rows)}: {verdict.conditions}")


def limited(verdict: Verdict, untried: str) -> Verdict:
    """The verdict, not more than conditional where part of what is compared was not tried."""
    return (
        replace(verdict, verdict=CONDITIONAL) if untried and verdict.verdict == HOLDS else verdict
    )
