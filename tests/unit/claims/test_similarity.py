"""Judge of similarity across encoder depths."""

import pytest

from spatial_mae.claims.similarity import deeper_is_more_similar
from spatial_mae.claims.verdict import FAILS, HOLDS, NOT_RUN


def similarity(cka, depths=(2, 4, 8), **others):
    """All layer pairs against a reference of 8 blocks; the last pair's CKA is cka(depth)."""
    start = {"dataset": "leaves", "model": "tiny", "training": "short", "patch": 4, "unit": 1}
    start |= {"mask": 0.75, "dec": 4, "seed": 0, "n_images": 500, "reference_enc": 8}
    start |= {"epochs": 4, "model_width": 48, "status": "completed", "pixels": "lossless"}
    return [
        {**start, "enc": e, "layer": i, "reference_layer": j, "cka": value, **others}
        for e in depths
        for i in range(e + 1)
        for j in range(9)
        for value in [cka(e) if (i, j) == (e, 8) else 0.1 * (i == j)]
    ]


@pytest.mark.parametrize(
    ("cka", "verdict"),
    [(lambda e: e / 8, HOLDS), (lambda e: 1.0 if e == 8 else 1 - e / 8, FAILS)],
)
def test_similarity_rises_with_depth(cka, verdict):
    found = deeper_is_more_similar({"similarity": similarity(cka)})
    assert found.verdict == verdict
    assert found.conditions.startswith("At 4 epochs of unknown images, width 48 (")
    assert "Decoder layers: 4 (the paper: 4); depth of the reference: 8" in found.conditions
    assert found.n == 500


def test_the_reference_itself_is_no_evidence():
    rows = similarity(lambda e: e / 8, depths=(4, 8))
    assert deeper_is_more_similar({"similarity": rows}).verdict == NOT_RUN


def test_encoders_beyond_the_reference_decide_nothing():
    rows = similarity(lambda e: 0.1 if e > 8 else e / 8, depths=(2, 4, 8, 20))
    found = deeper_is_more_similar({"similarity": rows})
    assert found.verdict == HOLDS
    assert found.evidence["similarity_beyond_reference"] == pytest.approx(0.1)


def test_a_layer_without_features_tells_nothing():
    rows = similarity(lambda e: e / 8 if e > 2 else None)
    assert deeper_is_more_similar({"similarity": rows}).verdict == NOT_RUN


def test_diverged_runs_are_left_out_and_counted():
    rows = similarity(lambda e: e / 8) + similarity(lambda e: 1 - e / 8, (4,), status="diverged")
    found = deeper_is_more_similar({"similarity": rows})
    assert found.verdict == HOLDS
    assert "Left out: 45 rows" in found.conditions
