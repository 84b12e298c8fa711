"""The entry point of Appendix B on trained networks."""

import json

import pytest

from spatial_mae.cli.predict_masked_loss import main
from spatial_mae.files import read_rows

RECIPE = {
    "split": "test",
    "n_images": 2,
    "n_masks": 5,
    "mask_ratios": [0.1, 0.5],
    "input_scales": [0.5, 1.0],
}


@pytest.fixture
def predict(pretrained, run_with):
    def run(**changes):
        flags = {
            "weights": pretrained / "weights.safetensors",
            "images": pretrained / "manifest.json",
            "losses": pretrained / "losses.csv",
            "record": pretrained / "record.json",
        }
        run_with(main, **flags, recipe=json.dumps(RECIPE | changes))
        return read_rows(pretrained / "losses.csv")

    return run


def test_a_row_for_each_lemma_ratio_and_scale(predict):
    rows = predict()
    found = [(row["input_scale"], row["mask_ratio"], row["lemma"]) for row in rows]
    assert found == [(s, m, lemma) for s in (0.5, 1.0) for m in (0.1, 0.5) for lemma in (4, 5, 6)]
    assert {(row["n_images"], row["n_masks"], row["patch"]) for row in rows} == {(2, 5, 2)}
    assert all(row["measured"] > 0 for row in rows)


def test_a_mask_ratio_of_one_is_refused(predict):
    with pytest.raises(ValueError, match=r"mask_ratios\[0\]: 1"):
        predict(mask_ratios=[1.0])
