"""What a judge answers: one of seven words, one plain sentence, and the numbers behind them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

HOLDS = "holds"
CONDITIONAL = "holds-under-conditions"
FAILS = "fails"
INCONCLUSIVE = "inconclusive"
TOO_SMALL = "too-small"
NOT_RUN = "not-run"
NOT_TESTABLE = "not-testable"
# Verdict -> its sign, its words for one statement and for several. Decided ones come first.
VERDICTS = {
    HOLDS: ("✓", "holds", "hold"),
    CONDITIONAL: ("◐", "holds under conditions", "hold under conditions"),
    FAILS: ("✗", "fails", "fail"),
    INCONCLUSIVE: ("?", "inconclusive", "inconclusive"),
    TOO_SMALL: ("▽", "too small", "too small"),
    NOT_RUN: ("○", "not run", "not run"),
    NOT_TESTABLE: ("–", "not testable", "not testable"),
}
DECIDED = (HOLDS, CONDITIONAL, FAILS)
# A finding is measured. A setting says that the study ran at the paper's numbers.
FINDING, SETTING = "finding", "setting"
MOST_WORDS = 40


@dataclass(frozen=True)
class Verdict:
    """The judgement of one statement.

    verdict: one of `VERDICTS`.
    sentence: what was found, in plain words, at most `MOST_WORDS` of them.
    conditions: the details, for a reader who wants to check.
    evidence: name -> finite number.
    n: the smallest number of images (or trials) behind any setting; None where there are none.
    data: the data sets with their n and what happened to their pixels.
    scale: of trained networks `3 epochs, width 64`; else empty.
    role: `finding`, or `setting` where the verdict only repeats the config.

    Raises ValueError for another verdict, a longer sentence or a number that is not finite.
    """

    verdict: str
    sentence: str
    conditions: str = ""
    evidence: Mapping[str, float] = field(default_factory=dict)
    n: int | None = None
    data: str = ""
    scale: str = ""
    role: str = FINDING

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"unknown verdict {self.verdict!r}; allowed: {', '.join(VERDICTS)}")
        if (words := len(self.sentence.split())) > MOST_WORDS:
            raise ValueError(f"{words} words, at most {MOST_WORDS}: {self.sentence!r}")
        if bad := [name for name, value in self.evidence.items() if not math.isfinite(value)]:
            raise ValueError(
                f"evidence {bad[0]!r} is {self.evidence[bad[0]]}; leave it out instead"
            )


class Undecidable(ValueError):
    """The tables hold something that no verdict can rest on; the message says what."""


def not_run(reason: str) -> Verdict:
    return Verdict(NOT_RUN, reason)


def in_words(verdict: str, scale: str = "") -> str:
    """`holds at 3 epochs, width 64`: the word, with the scale where a network was trained."""
    words = VERDICTS[verdict][1]
    return f"{words} at {scale}" if scale and verdict in (*DECIDED, INCONCLUSIVE) else words
