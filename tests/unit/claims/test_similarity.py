"""Judge of similarity across encoder depths."""

import pytest

from spatial_mae.claims import training  # noqa: F401  (registers the judge of the setting)
from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.similarity import deeper_is_more_similar
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, NOT_RUN, SETTING
from spatial_mae.papers.statements import statements


@pytest.fixture
def similarity(repeated):
    """All layer pairs against a reference of 8 blocks; the last pair's CKA is cka(depth)."""

    def rows(cka, depths=(2, 4, 8), seeds=3, **others):
        start = {"dataset": "leaves", "model": "tiny", "training": "short", "patch": 4, "unit": 1}
        start |= {"mask": 0.75, "dec": 4, "n_images": 500, "reference_enc": 8}
        start |= {"epochs": 4, "model_width": 48, "status": "completed", "pixels": "lossless"}
        made = [
            {**start, "enc": e, "layer": i, "reference_layer": j, "cka": value, **others}
            for e in depths
            for i in range(e + 1)
            for j in range(9)
            for value in [cka(e) if (i, j) == (e, 8) else 0.1 * (i == j)]
        ]
        return repeated(made, "cka", seeds, noise=0.01)

    return rows


@pytest.mark.parametrize(
    ("cka", "verdict"),
    [
        (lambda e: e / 8, HOLDS),
        (lambda e: 1.0 if e == 8 else 1 - e / 8, FAILS),
        (lambda e: 0.5 + e / 1000, FAILS),
    ],
)
def test_similarity_rises_with_depth(similarity, cka, verdict):
    found = deeper_is_more_similar({"similarity": similarity(cka, (2, 3, 4, 8))})
    assert found.verdict == verdict
    assert found.conditions.startswith("At 4 epochs of unknown images, width 48 (")
    assert "Depth of the reference: 8 (the paper: 12)." in found.conditions
    assert found.n == 500


def test_the_reference_itself_is_no_evidence(similarity):
    rows = similarity(lambda e: e / 8, depths=(4, 8))
    assert deeper_is_more_similar({"similarity": rows}).verdict == NOT_RUN


def test_encoders_beyond_the_reference_decide_nothing(similarity):
    rows = similarity(lambda e: 0.1 if e > 8 else e / 8, depths=(2, 4, 8, 20))
    found = deeper_is_more_similar({"similarity": rows})
    assert found == deeper_is_more_similar({"similarity": [r for r in rows if r["enc"] < 20]})
    assert found.verdict == HOLDS


def test_one_seed_is_run_and_inconclusive(similarity):
    rows = similarity(lambda e: e / 8, seeds=1)
    assert deeper_is_more_similar({"similarity": rows}).verdict == INCONCLUSIVE


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_layer_without_features_decides_nothing(similarity, value):
    rows = similarity(lambda e: e / 8)
    for row in rows:
        row["cka"] = value if (row["enc"], row["layer"]) == (2, 2) else row["cka"]
    found = judge_statement({"id": "cka.depth"}, {"similarity": rows})
    assert found.verdict == INCONCLUSIVE
    assert f"CKA is {value}" in found.sentence


def test_diverged_runs_are_left_out_and_counted(similarity):
    rows = similarity(lambda e: e / 8)
    rows += similarity(lambda e: 1 - e / 8, (4,), seeds=1, status="diverged")
    found = deeper_is_more_similar({"similarity": rows})
    assert found.verdict == HOLDS
    assert "Left out: 45 rows" in found.conditions


@pytest.mark.parametrize(
    ("others", "verdict"),
    [({}, NOT_RUN), ({"reference_enc": 12}, HOLDS), ({"reference_enc": 12, "dec": 1}, NOT_RUN)],
)
def test_the_quoted_decoder_and_reference_are_a_setting(similarity, others, verdict):
    rows = similarity(lambda e: e / 8, **others)
    found = judge_statement({"id": "cka.dec4"}, {"similarity": rows})
    assert (found.verdict, found.role) == (verdict, SETTING)
    mixed = [*rows, *similarity(lambda e: e / 8, reference_enc=12)]
    both = judge_statement({"id": "cka.dec4"}, {"similarity": mixed})
    assert both.verdict == (HOLDS if verdict == HOLDS else CONDITIONAL)


def test_the_trend_is_quoted_where_it_is_judged():
    quotes = {statement["id"]: statement["quote"] for statement in statements()}
    assert "more similar" in quotes["cka.depth"]
    assert "4 decoder layers" in quotes["cka.dec4"]
