"""The judges, each registered for the statements that it decides."""

from collections.abc import Callable
from dataclasses import dataclass

from spatial_mae.claims.verdict import NOT_RUN, NOT_TESTABLE, Verdict, not_run
from spatial_mae.tables.rows import Tables


@dataclass(frozen=True)
class Judge:
    """decide: tables -> verdict. kinds: experiments that it needs. figure: its picture.

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


def judge(
    *identities: str, kinds: tuple[str, ...], figure: str | None = None, either: bool = False
) -> Callable:
    """Register a function tables -> Verdict for these statements.

    It is called only with tables that hold at least one row of every kind in `kinds`, or of one of
    them if `either`. Without kinds it is called with any tables: it words a note.
    Raises ValueError if a statement has a judge already.
    """

    def register(decide: Callable[[Tables], Verdict]) -> Callable[[Tables], Verdict]:
        for identity in identities:
            if identity in JUDGES:
                raise ValueError(f"{identity!r} has two judges; keep one")
            JUDGES[identity] = Judge(decide, kinds, figure, either)
        return decide

    return register


def judge_statement(statement: dict, tables: Tables) -> Verdict:
    """The verdict on one statement: `not-run` without judge or tables, never an invented one.

    Raises ValueError for a statement without a judge that does not say why.
    """
    found = JUDGES.get(statement["id"])
    if found is None and "undecided" not in statement:
        raise ValueError(
            f"statement {statement['id']!r} has no judge: write one in claims/, or say why not in "
            "papers/statements.json, as `undecided`"
        )
    if found is None:
        verdict = NOT_TESTABLE if statement["needs"] == "note" else NOT_RUN
        return Verdict(verdict, statement["undecided"])
    if missing := found.missing(tables):
        return not_run(f"the study has no experiment of kind {missing}: add one")
    return found.decide(tables)
