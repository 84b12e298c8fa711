"""What a judge answers: one of five verdicts, where it applies, and the numbers behind it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

HOLDS = "holds"
CONDITIONAL = "holds-under-conditions"
FAILS = "fails"
NOT_RUN = "not-run"
NOT_TESTABLE = "not-testable"
# Verdict -> its sign, its words for one statement and for several. Decided ones come first.
VERDICTS = {
    HOLDS: ("✓", "holds", "hold"),
    CONDITIONAL: ("◐", "holds under conditions", "hold under conditions"),
    FAILS: ("✗", "fails", "fail"),
    NOT_RUN: ("○", "not run", "not run"),
    NOT_TESTABLE: ("–", "not testable", "not testable"),
}


@dataclass(frozen=True)
class Verdict:
    """The judgement of one statement.

    verdict: one of `VERDICTS`.
    conditions: in which settings the statement holds and in which not, or what is missing.
    evidence: name -> finite number.
    n: the smallest number of images (or trials) behind any setting; None where there are none.
    data: the data sets with their n and what happened to their pixels.

    Raises ValueError for another verdict or a number that is not finite.
    """

    verdict: str
    conditions: str
    evidence: Mapping[str, float] = field(default_factory=dict)
    n: int | None = None
    data: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"unknown verdict {self.verdict!r}; allowed: {', '.join(VERDICTS)}")
        if bad := [name for name, value in self.evidence.items() if not math.isfinite(value)]:
            raise ValueError(
                f"evidence {bad[0]!r} is {self.evidence[bad[0]]}; leave it out instead"
            )


def not_run(reason: str) -> Verdict:
    return Verdict(NOT_RUN, reason)
