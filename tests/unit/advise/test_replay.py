"""A search replayed on a grid: the same advice, its regret and its share of the grid's cost."""

import numpy as np
import pytest
from simulated_advice import COMMON, EPOCHS, LAST, MASKS, PATCHES, Trial

from spatial_mae.advise import replay

BLOCK = {"rungs": EPOCHS, "seeds": (0, 1), "final_seeds": (0, 1, 2)}
SEEDS = (0, 1, 2)
BASE = {"pca": 0.2}


def value(patch, mask, epoch):
    return 0.4 + 0.1 * (patch == 8) + 0.01 * (mask == 0.5)


@pytest.fixture
def trial():
    return Trial(np.random.default_rng(0), value, 0.005)


@pytest.fixture
def rows(trial):
    settings = [(p, m) for p in PATCHES for m in MASKS]
    found = trial.rows("grid", settings, SEEDS, (*EPOCHS, LAST))
    return [row | {"test_probe": value(row["patch"], row["mask"], 0)} for row in found]


def test_a_replayed_search_finds_the_best_at_a_part_of_the_cost(trial, rows):
    advice = replay.replay(rows, trial.look, BLOCK, BASE)
    assert advice["verdict"] == "advice" and advice["patch"] == 8
    chosen = advice["patch"], advice["mask"]
    assert replay.regret(rows, chosen, SEEDS) <= 0.01 + 1e-9
    share = replay.cost_share(rows, advice["searched"], SEEDS)
    assert 0 < share < 0.5


def test_a_run_that_goes_on_counts_once(rows):
    whole = [(p, m, seed, LAST) for p in PATCHES for m in MASKS for seed in SEEDS]
    rungs = [(*run[:3], EPOCHS[-1]) for run in whole]
    assert replay.cost_share(rows, [*whole, *rungs], SEEDS) == pytest.approx(1)


def test_rivals_of_the_advice(trial, rows):
    scored = replay.values(rows, SEEDS)
    linear = [{"patch": p, "mask": m, "error": p + m} for p in PATCHES for m in MASKS]
    seen = trial.look | {"linear_errors": linear}
    found = {name: rule(scored) for name, rule in replay.rivals(rows, seen, SEEDS).items()}
    assert found["default"] == found["smallest patch"] == pytest.approx(0.4)
    assert found["closed form alone"] == scored[2, 0.25]
    assert found["random"] == pytest.approx(0.4 + 0.1 / 4 + 0.01 / 4)
    assert "lowest error of the grid" in found


def test_a_grid_that_lacks_a_setting_is_refused(trial, rows):
    part = [row for row in rows if row["patch"] != 16]
    with pytest.raises(KeyError, match=rf"\(16, {COMMON}, 0\)"):
        replay.replay(part, trial.look, BLOCK, BASE)
