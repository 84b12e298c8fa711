"""The judge of attention on tables made so that the answer is known."""

import pytest

from spatial_mae.claims.attention import attention_reaches_farther
from spatial_mae.claims.verdict import FAILS, HOLDS, NOT_RUN


@pytest.fixture
def table(probe):
    """Distances `reach(m)` of all patches in the last block after training; others fall."""

    def rows(reach, error=0.0, masks=(0.1, 0.5, 0.9)):
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
                counted = (query, head, block, epoch) == ("patches", None, 4, 4)
                row = {"protocol": "attention", "metric": "distance", "representation": None}
                row |= {"query": query, "head": head, "block": block, "standard_error": error}
                row |= {"mask": m, "epoch": epoch, "epochs": 4, "pretrain_n_train": 1000}
                found.append(probe(reach(m) if counted else 9 - m, **row))
        return {"attention": found}

    return rows


@pytest.mark.parametrize(("reach", "verdict"), [(lambda m: 5 + m, HOLDS), (lambda m: 5 - m, FAILS)])
def test_only_the_trained_last_block_decides(table, reach, verdict):
    found = attention_reaches_farther(table(reach))
    assert (found.verdict, found.evidence["settings"]) == (verdict, 1)
    assert "whether that is an object is not measured" in found.conditions


def test_a_rise_within_the_error_of_the_images_is_not_resolved(table):
    assert attention_reaches_farther(table(lambda m: 5 + m / 10, error=1)).verdict == NOT_RUN


def test_one_mask_ratio_is_not_enough(table):
    found = attention_reaches_farther(table(lambda m: 5.0, masks=(0.5,)))
    assert found.verdict == NOT_RUN
