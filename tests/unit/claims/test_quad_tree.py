"""The quad-tree's prediction judged on made tables: one level, a level that moves, one seed."""

import pytest

from spatial_mae.claims.judging import JUDGES
from spatial_mae.claims.verdict import FAILS, HOLDS, INCONCLUSIVE, NOT_RUN

RUN = {"dataset": "tree", "model": "tiny", "training": "levels", "patch": 4, "unit": 1, "enc": 2}
RUN |= {"dec": 1, "n_images": 10_000, "pixels": "lossless", "epochs": 8, "status": "completed"}
RUN |= {"pretrain_n_train": 10_000, "model_width": 48, "n_fitted": 4000, "n_test": 2000}
RUN |= {"source": "trained", "readout": "linear", "metric": "mean_level", "level": "all"}


def rows(representation, slope, seeds=(0, 1, 2)):
    noise = {0: -0.004, 1: 0.001, 2: 0.003}
    made = RUN | {"representation": representation}
    made["components"] = 20 if representation == "components" else None
    return [
        made | {"mask": m, "seed": s, "value": 1.2 + slope * m + noise[s] * (1 - 2 * (m > 0.5))}
        for m in (0.25, 0.5, 0.75, 0.9)
        for s in seeds
    ]


@pytest.mark.parametrize("name", ["components", "mean"])
@pytest.mark.parametrize(
    ("slope", "seeds", "word"),
    [(0.0, (0, 1, 2), HOLDS), (0.6, (0, 1, 2), FAILS), (0.0, (0,), INCONCLUSIVE)],
)
def test_whether_features_keep_their_level(name, slope, seeds, word):
    table = rows(name, slope, seeds) + [
        row | {"source": "untrained", "value": 9.0} for row in rows(name, slope, seeds)
    ]
    found = JUDGES[f"quadtree.{name}"].decide({"level_recovery": table})
    assert found.verdict == word
    assert "project" in found.conditions


def test_the_sentence_gives_the_difference_itself():
    """Levels of 1.2 + 0.6 m between m = 0.25 and 0.9: 0.39."""
    found = JUDGES["quadtree.mean"].decide({"level_recovery": rows("mean", 0.6)})
    assert "largest difference of the level between mask ratios 0.39" in found.sentence


def test_no_interval_of_a_largest_difference_reaches_below_zero():
    found = JUDGES["quadtree.mean"].decide({"level_recovery": rows("mean", 0.0)})
    assert "(95% interval 0.000 to" in found.sentence


def test_one_mask_ratio_compares_nothing():
    table = [row for row in rows("mean", 0.0) if row["mask"] == 0.5]
    assert JUDGES["quadtree.mean"].decide({"level_recovery": table}).verdict == NOT_RUN
