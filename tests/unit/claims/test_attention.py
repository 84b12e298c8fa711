"""The judge of attention on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.attention import attention_reaches_farther
from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.verdict import FAILS, HOLDS, INCONCLUSIVE, NOT_RUN, TOO_SMALL

UNTRAINED, EVEN = 7.0, 10.0


@pytest.fixture
def table(probe, repeated):
    """Distances `reach(m)` of all patches in the last block after training; others fall."""

    def rows(reach, error=0.0, masks=(0.1, 0.5, 0.9), seeds=3):
        found = []
        queries = [
            (q, h, b, e)
            for q in ("patches", "chosen")
            for h in (None, 1)
            for b in (1, 4)
            for e in (0, 4)
        ]
        for m in masks:
            for query, head, block, epoch in queries:
                counted = (query, head, block) == ("patches", None, 4)
                value = (reach(m) if epoch else UNTRAINED) if counted else 9 - m
                row = {"protocol": "attention", "metric": "distance", "representation": None}
                row |= {"query": query, "head": head, "block": block, "standard_error": error}
                row |= {"mask": m, "epoch": epoch, "epochs": 4, "pretrain_n_train": 1000}
                found.append(probe(value, **row, uniform=EVEN))
        return {"attention": repeated(found, seeds=seeds)}

    return rows


@pytest.mark.parametrize(
    ("reach", "verdict"),
    [
        (lambda m: 5 + m, HOLDS),
        (lambda m: 5 - m, FAILS),
        (lambda m: 5 + 0.2 * m, FAILS),  # less than a twentieth of even attention's
        (lambda m: 5 + 2 * min(m, 0.5) - 4 * max(m - 0.5, 0), FAILS),  # a step down
        (lambda m: UNTRAINED, TOO_SMALL),  # not trained
    ],
)
def test_only_the_trained_last_block_decides(table, reach, verdict):
    found = attention_reaches_farther(table(reach))
    assert found.verdict == verdict
    assert verdict == TOO_SMALL or "that is an object is not measured" in found.conditions


def test_a_rise_is_given_as_a_share_of_even_attention(table):
    found = attention_reaches_farther(table(lambda m: 5 + m))
    assert found.evidence["estimate"] == pytest.approx(0.8 / EVEN, abs=0.01)


def test_a_rise_within_the_error_of_the_images_is_inconclusive(table):
    assert attention_reaches_farther(table(lambda m: 3 + m, error=0.5)).verdict == INCONCLUSIVE


@pytest.mark.parametrize(
    ("change", "verdict"), [({"masks": (0.5,)}, NOT_RUN), ({"seeds": 1}, INCONCLUSIVE)]
)
def test_one_ratio_or_one_seed_is_not_enough(table, change, verdict):
    assert attention_reaches_farther(table(lambda m: 5 + m, **change)).verdict == verdict


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_missing_number_decides_nothing(table, value):
    tables = table(lambda m: 5 + m)
    trained = [row for row in tables["attention"] if row["epoch"] and row["block"] == 4]
    trained[0]["value"] = value
    found = judge_statement({"id": "kong.attention.reach"}, tables)
    assert found.verdict == INCONCLUSIVE
    assert "value is nan" in found.sentence
