"""The judges, each registered for the statements that it decides."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from spatial_mae.claims.engine import Contrast
from spatial_mae.claims.verdict import (
    INCONCLUSIVE,
    NOT_RUN,
    NOT_TESTABLE,
    TOO_SMALL,
    Undecidable,
    Verdict,
    not_run,
)
from spatial_mae.tables.columns import COLUMNS
from spatial_mae.tables.rows import Tables


@dataclass(frozen=True)
class Judge:
    """decide: tables -> verdict. kinds: experiments that it needs. figure: its picture.

    either: one of the kinds is enough. contrast: what it claims of measured numbers, one of them
    where there are several; None for settings, notes and exact checks.
    """

    decide: Callable[[Tables], Verdict]
    kinds: tuple[str, ...]
    figure: str | None
    either: bool = False
    contrast: Contrast | None = None

    def missing(self, tables: Tables) -> str:
        """The experiments it lacks, in words; empty if it can be called."""
        absent = [kind for kind in self.kinds if not tables.get(kind)]
        if self.either:
            return " or ".join(absent) if len(absent) == len(self.kinds) else ""
        return " and ".join(absent)


JUDGES: dict[str, Judge] = {}


def judge(
    *identities: str,
    kinds: tuple[str, ...],
    figure: str | None = None,
    either: bool = False,
    contrast: Contrast | None = None,
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
            JUDGES[identity] = Judge(decide, kinds, figure, either, contrast)
        return decide

    return register


def judge_statement(statement: dict, tables: Tables) -> Verdict:
    """The verdict on one statement: `not-run` without judge or tables, never an invented one.

    Numbers that decide nothing, and a judge that breaks on them, make it inconclusive, with the
    reason: other statements are judged all the same. Raises ValueError for a statement without a
    judge that does not say why.
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
        return not_run(f"The study has no experiment of kind {missing}: add one.")
    large, reason = large_enough(tables, found.kinds, statement.get("minimum", {}))
    if reason:
        return Verdict(TOO_SMALL, reason)
    try:
        return found.decide(large)
    except Undecidable as reason:
        return Verdict(INCONCLUSIVE, f"Cannot be judged: {reason}.")
    except Exception as error:  # whatever odd tables do to a judge, the others are judged
        print(f"{statement['id']}: {error!r}", file=sys.stderr)
        return Verdict(INCONCLUSIVE, f"Cannot be judged: {type(error).__name__} in its judge.")


def large_enough(
    tables: Tables, kinds: Sequence[str], minimum: Mapping[str, object]
) -> tuple[Tables, str]:
    """The tables without rows below a statement's least scale; why, if nothing is left.

    minimum: column -> least number, with `why`. Rows without the column are kept.
    """
    least = {name: value for name, value in minimum.items() if name != "why"}
    kept = {kind: [row for row in tables.get(kind, ()) if _reaches(row, least)] for kind in kinds}
    if not least or any(kept.values()):
        return {**tables, **(kept if least else {})}, ""
    largest = {
        name: max(
            row[name] for kind in kinds for row in tables.get(kind, ()) if row.get(name) is not None
        )
        for name in least
    }
    found = ", ".join(
        f"{COLUMNS[name].label} {largest[name]:g} of {least[name]:g}" for name in least
    )
    return tables, f"{found}: {minimum['why']}."


def _reaches(row: Mapping, least: Mapping[str, float]) -> bool:
    return all(row.get(name) is None or row[name] >= value for name, value in least.items())
