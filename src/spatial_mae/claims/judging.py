"""All statements judged: the registered judges are imported here, and only here."""

from spatial_mae.claims import (
    attention,
    basis,
    boundary,
    detection,
    embedding,
    frequency,
    hierarchy,
    identifiability,
    influence,
    ising,
    jacobians,
    printed,
    probes,
    reconstruction,
    robustness,
    second_order,
    similarity,
    supervised,
    tasks,
    taylor,
    theory,
    training,
    training_time,
    tuning,
    unmasked,
)
from spatial_mae.claims.registry import JUDGES, judge_statement
from spatial_mae.papers.statements import statements
from spatial_mae.tables.rows import Tables

ROOMS = (
    *(frequency, influence, ising, reconstruction, tasks, taylor, theory),
    *(probes, similarity, supervised, training, training_time, tuning),
    *(basis, jacobians, second_order),
    *(hierarchy, identifiability, unmasked, attention, embedding, robustness, boundary),
    *(detection, printed),
)


def judge_all(tables: Tables) -> list[dict]:
    """The claims of a study, one for each statement, in the statements' order.

    tables: experiment kind -> rows. Each claim is a dict of id, seed (which source), quote,
    verdict, conditions, evidence (name -> finite number), n, data, figure (its name or None).
    """
    return [_claim(statement, tables) for statement in statements()]


def _claim(statement: dict, tables: Tables) -> dict:
    verdict = judge_statement(statement, tables)
    judge = JUDGES.get(statement["id"])
    return {
        **{key: statement[key] for key in ("id", "seed", "quote")},
        "verdict": verdict.verdict,
        "conditions": verdict.conditions,
        "evidence": dict(verdict.evidence),
        "n": verdict.n,
        "data": verdict.data,
        "figure": judge.figure if judge else None,
    }
