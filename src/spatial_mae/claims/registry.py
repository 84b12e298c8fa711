"""The judges, each registered for the statements that it decides."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from spatial_mae.claims.engine import Contrast
from spatial_mae.claims.verdict import (
    FINDING,
    INCONCLUSIVE,
    MOST_WORDS,
    NOT_RUN,
    NOT_TESTABLE,
    TOO_SMALL,
    Undecidable,
    Verdict,
)
from spatial_mae.tables.columns import COLUMNS
from spatial_mae.tables.rows import Rows, Tables


@dataclass(frozen=True)
class Judge:
    """decide: tables -> verdict. kinds: experiments that it needs. figure: its picture.

    either: one of the kinds is enough. contrast: what it claims of measured numbers, one of them
    where there are several; None for settings, notes and exact checks. role: that of its verdicts.
    rule: what it does, in words.
    """

    decide: Callable[[Tables], Verdict]
    kinds: tuple[str, ...]
    figure: str | None
    either: bool = False
    contrast: Contrast | None = None
    role: str = FINDING
    rule: str = ""

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
    role: str = FINDING,
    rule: str = "",
) -> Callable:
    """Register a function tables -> Verdict for these statements.

    rule: what it does, in words; by default its docstring.

    It is called only with tables that hold at least one row of every kind in `kinds`, or of one of
    them if `either`. Without kinds it is called with any tables: it words a note.
    Raises ValueError if a statement has a judge already.
    """

    def register(decide: Callable[[Tables], Verdict]) -> Callable[[Tables], Verdict]:
        for identity in identities:
            if identity in JUDGES:
                raise ValueError(f"{identity!r} has two judges; keep one")
            words = rule or " ".join((decide.__doc__ or "").split()).partition(" Raises ")[0]
            JUDGES[identity] = Judge(decide, kinds, figure, either, contrast, role, words)
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
        reason = f"The study has no experiment of kind {missing}: add one."
        return Verdict(NOT_RUN, reason, role=found.role)
    try:
        large, reason = large_enough(tables, found.kinds, statement.get("minimum", {}))
        if reason:
            return Verdict(TOO_SMALL, reason, role=found.role)
        return found.decide(large)
    except Undecidable as reason:
        return _not_judged(str(reason), found)
    except Exception as error:  # whatever odd tables do to a judge, the others are judged
        print(f"{statement['id']}: {error!r}", file=sys.stderr)
        return _not_judged(f"{type(error).__name__} in its judge", found)


def _not_judged(reason: str, judge: Judge) -> Verdict:
    words = f"Cannot be judged: {reason}.".split()
    return Verdict(INCONCLUSIVE, " ".join(words[:MOST_WORDS]), role=judge.role)


def large_enough(
    tables: Tables, kinds: Sequence[str], minimum: Mapping[str, object]
) -> tuple[Tables, str]:
    """The tables without rows below a statement's least scale; why, if nothing is left.

    minimum: column -> least number, with `why`. Rows without the column are kept.
    """
    least = {name: value for name, value in minimum.items() if name != "why"}
    there = {kind: tables[kind] for kind in kinds if tables.get(kind)}
    kept = {kind: [r for r in rows if _reaches(r, least)] for kind, rows in there.items()}
    if not least or any(kept.values()):
        return {**tables, **(kept if least else {})}, ""
    largest = {name: _largest(there.values(), name) for name in least}
    found = ", ".join(
        f"{COLUMNS[name].label} {number:g} of {least[name]:g}"
        for name, number in largest.items()
        if number is not None and not number >= least[name]
    )
    return tables, f"{found}: {minimum['why']}."


def _largest(tables: Iterable[Rows], column: str) -> float | None:
    found = [row[column] for rows in tables for row in rows if row.get(column) is not None]
    return max(found, default=None)


def _reaches(row: Mapping, least: Mapping[str, float]) -> bool:
    return all(row.get(name) is None or row[name] >= value for name, value in least.items())
