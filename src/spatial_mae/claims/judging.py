"""All statements judged. A module of this room that registers a judge is found by itself."""

from importlib import import_module

from spatial_mae.claims.registry import JUDGES, judge_statement
from spatial_mae.papers.statements import statements
from spatial_mae.provenance import modules_of
from spatial_mae.tables.rows import Tables

for _module in modules_of("claims"):
    import_module(f"spatial_mae.{_module}")


def judge_all(tables: Tables) -> list[dict]:
    """The claims of a study, one for each statement, in the statements' order.

    tables: experiment kind -> rows. Each claim is a dict of id, source, quote, verdict, scale,
    role, sentence, conditions, evidence (name -> finite number), n, data and figure (its name or
    None).
    """
    return [_claim(statement, tables) for statement in statements()]


def _claim(statement: dict, tables: Tables) -> dict:
    verdict = judge_statement(statement, tables)
    judge = JUDGES.get(statement["id"])
    return {
        **{key: statement[key] for key in ("id", "source", "quote")},
        "verdict": verdict.verdict,
        "scale": verdict.scale,
        "role": verdict.role,
        "sentence": verdict.sentence,
        "conditions": verdict.conditions,
        "evidence": dict(verdict.evidence),
        "n": verdict.n,
        "data": verdict.data,
        "figure": judge.figure if judge else None,
    }
