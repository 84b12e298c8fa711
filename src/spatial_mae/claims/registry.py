"""The judges, each registered for the statements that it decides."""

from collections.abc import Callable
from dataclasses import dataclass

from spatial_mae.claims.verdict import NOT_TESTABLE, Verdict, not_run
from spatial_mae.tables.rows import Tables

# Why a statement without a judge is not decided, by what it would take to decide it.
REASONS = {
    "train": "needs a measurement of trained networks that no experiment of this study makes",
    "reported": "reported by the paper at full scale; this study does not repeat that scale",
    "theory": "no experiment of this study bears on it",
    "cpu": "no experiment of this study bears on it",
}
NOTE = "a remark on the text or a contradiction in it, not a prediction: no experiment decides it"


@dataclass(frozen=True)
class Judge:
    """decide: tables -> verdict. kinds: experiments it cannot do without. figure: its picture.

    either: one of the kinds is enough.
    """

    decide: Callable[[Tables], Verdict]
    kinds: tuple[str, ...]
    figure: str | None
    either: bool = False

    def missing(self, tables: Tables) -> str:
        """The experiments it lacks, in words; empty if it can be called."""
        absent = [kind for kind in self.kinds if not tables.get(kind)]
        if self.either:
            return " or ".join(absent) if len(absent) == len(self.kinds) else ""
        return " and ".join(absent)


JUDGES: dict[str, Judge] = {}
REMARKS: dict[str, Callable[[Tables], Verdict]] = {}


def judge(
    *identities: str, kinds: tuple[str, ...], figure: str | None = None, either: bool = False
) -> Callable:
    """Register a function tables -> Verdict for these statements.

    It is called only with tables that hold at least one row of every kind in `kinds`, or of one of
    them if `either`.
    Raises ValueError if a statement has a judge already.
    """

    def register(decide: Callable[[Tables], Verdict]) -> Callable[[Tables], Verdict]:
        for identity in identities:
            if identity in JUDGES:
                raise ValueError(f"{identity!r} has two judges; keep one")
            JUDGES[identity] = Judge(decide, kinds, figure, either)
        return decide

    return register


def remark(identity: str) -> Callable:
    """Register a function tables -> Verdict that words a note; it is called with any tables."""

    def register(say: Callable[[Tables], Verdict]) -> Callable[[Tables], Verdict]:
        REMARKS[identity] = say
        return say

    return register


def judge_statement(statement: dict, tables: Tables) -> Verdict:
    """The verdict on one statement: `not-run` without judge or tables, never an invented one."""
    if statement["kind"] == "note":
        say = REMARKS.get(statement["id"])
        return say(tables) if say else Verdict(NOT_TESTABLE, NOTE)
    found = JUDGES.get(statement["id"])
    if found is None:
        return not_run(REASONS[statement["kind"]])
    if missing := found.missing(tables):
        return not_run(f"the study has no experiment of kind {missing}: add one")
    return found.decide(tables)
