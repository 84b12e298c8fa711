"""Whether the recipe that won is better than the base: numbers with intervals, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import t

from spatial_mae.advise.ranking import Ranking
from spatial_mae.files import Row
from spatial_mae.tuning.halving import MEASURE, diverged, ranked

BETTER, WORSE, UNSHOWN = "better than the base", "worse than the base", "not shown"
TWO_SIDED = 0.975  # of a 95% interval


@dataclass(frozen=True)
class Search:
    """What a search measured.

    rungs: name of a rung -> its rows, the first rung first. validation: rows on test images.
    known: candidate -> values. pixels: accuracy on raw pixels, None where not measured. edited:
    rungs whose file a person changed.
    """

    rungs: Mapping[str, Sequence[Row]]
    validation: Sequence[Row]
    known: Mapping[str, Mapping]
    base: str
    winner: str
    pixels: float | None
    edited: Sequence[str]

    @property
    def last(self) -> Sequence[Row]:
        """The rows of the end of the base's schedule."""
        return [*self.rungs.values()][-1]

    @property
    def rows(self) -> list[Row]:
        """All rows, those of the validation last."""
        return [row for rows in (*self.rungs.values(), self.validation) for row in rows]


def judge(search: Search) -> dict:
    """The verdict, as tune.json has it. Differences: winner minus base, in [-1, 1]."""
    again = comparison(search.validation, search.winner, search.base)
    found = {
        "verdict": _verdict(again, search),
        "winner": search.winner,
        "base": search.base,
        "values": search.known[search.winner],
        "base_values": search.known[search.base],
        "n_candidates": len(search.known),
        "validation": again,
        "held_out": comparison(search.last, search.winner, search.base),
        "untrained": untrained(search.validation),
        "raw_pixels": search.pixels,
        "diverged": diverged(search.rows),
        "edited": list(search.edited),
        "candidates": dict(search.known),
    }
    return {"sentence": sentence(found), **found}


def comparison(rows: Sequence[Row], winner: str, base: str) -> dict:
    """Accuracies of both at their last epoch, their standard errors, and the difference.

    Numbers are None for one that diverged, and the difference with it.
    """
    ranking = _ranking(rows)
    entries = {
        name: ranking.by_setting.get((name,)) if ranking else None for name in (winner, base)
    }
    found: dict = {"epochs": max((row["epochs"] for row in rows), default=None)}
    for word, name in (("winner", winner), ("base", base)):
        entry = entries[name]
        found[word] = entry and entry.mean
        found[f"{word}_standard_error"] = entry and entry.standard_error
        found[f"{word}_seeds"] = entry and entry.n_seeds
    found |= {"difference": None, "low": None, "high": None}
    ours, theirs = entries[winner], entries[base]
    if ranking and ours and theirs and winner != base:
        gap = ours.mean - theirs.mean
        found["difference"] = gap
        if ranking.df > 0:
            reach = float(t.ppf(TWO_SIDED, ranking.df)) * ranking.gap_error(ours, theirs)
            found |= {"low": gap - reach, "high": gap + reach}
    return found


def _ranking(rows: Sequence[Row]) -> Ranking | None:
    """None if all diverged."""
    left = [row for row in rows if row["candidate"] not in diverged(rows)]
    return ranked(left) if left else None


def _verdict(again: Mapping, search: Search) -> str:
    if search.winner == search.base or again["base"] is None:
        return UNSHOWN
    if again["winner"] is None:
        return WORSE
    low, high = again["low"], again["high"]
    if low is not None and low > 0:
        return BETTER
    return WORSE if high is not None and high < 0 else UNSHOWN


def untrained(rows: Sequence[Row]) -> float | None:
    """Accuracy of the untrained encoders, the mean of all runs."""
    found = [row[MEASURE] for row in rows if row["epoch"] == 0 and row[MEASURE] is not None]
    return sum(found) / len(found) if found else None


def sentence(found: Mapping) -> str:
    """The verdict in words."""
    again = found["validation"]
    head = f"Of {found['n_candidates']} recipes {found['winner']} won"
    if found["winner"] == found["base"]:
        return f"{head}, which is the base itself: no better recipe was found."
    head = f"{head} ({in_words(found['values'], found['base_values'])})."
    for word in ("winner", "base"):
        if again[word] is None:
            return f"{head} At {again['epochs']} epochs training of {found[word]} diverged."
    words = {
        BETTER: "it is better than the base",
        WORSE: "it is worse than the base",
        UNSHOWN: "it is not shown to differ from the base",
    }
    return (
        f"{head} At {again['epochs']} epochs {words[found['verdict']]}: "
        f"{100 * again['winner']:.1f}% of test images against {100 * again['base']:.1f}%, "
        f"{points(again)}."
    )


def in_words(values: Mapping, base: Mapping) -> str:
    """The values in which a candidate differs from the base."""
    changed = [f"{key} {text(values[key])}" for key in values if values[key] != base[key]]
    return ", ".join(changed) or "as the base"


def text(value: object) -> str:
    """A value as a config has it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def points(found: Mapping) -> str:
    """A difference of accuracies with its interval."""
    if found["difference"] is None:
        return "no difference"
    gap = f"{100 * found['difference']:+.1f} points"
    if found["low"] is None:
        return gap
    return f"{gap} (95%: {100 * found['low']:+.1f} to {100 * found['high']:+.1f})"
