"""Advice on many simulated tables: it abstains on noise, and finds what is there."""

import numpy as np
import pytest
from simulated_advice import Trial

N = 150


def trials(truth, deviation, seed=0, n=N, measure="probe", baselines=None, **changes):
    rng = np.random.default_rng(seed)
    return [Trial(rng, truth, deviation, measure, **changes).advice(baselines) for _ in range(n)]


def share(found):
    return sum(found) / len(found)


@pytest.mark.parametrize("deviation", [0.005, 0.015, 0.05])
@pytest.mark.parametrize(("measure", "level"), [("probe", 0.4), ("error", 0.5)])
def test_it_abstains_on_noise(deviation, measure, level):
    found = trials(lambda *_: level, deviation, measure=measure)
    abstained = share([advice["verdict"] == "cannot tell" for advice in found])
    print(f"noise, {measure}, deviation {deviation}: abstained on {abstained:.1%} of {N} tables")
    assert abstained >= 0.92


def test_it_abstains_on_labels_at_chance():
    base = {"raw_pixels": 0.1, "pca": 0.1}
    found = trials(lambda *_: 0.1, 0.01, baselines=base)
    assert share([advice["verdict"] == "cannot tell" for advice in found]) >= 0.95


def clear(patch, mask, epoch):
    return 0.3 + 0.01 * epoch + (0.12 if patch == 8 else 0) + (0.01 if mask == 0.5 else 0)


def test_it_finds_a_clear_winner():
    found = trials(clear, 0.015, baselines={"pca": 0.3})
    right = share([a["verdict"] == "advice" and a["patch"] == 8 for a in found])
    held = share([8 in a["tied_patches"] for a in found])
    print(f"patch 8 better by 12 points: advised in {right:.1%}, in the tie in {held:.1%}")
    assert right >= 0.95 and held >= 0.99


def mild(patch, mask, epoch):
    return 0.35 + {2: 0.0, 4: 0.02, 8: 0.03, 16: -0.05}[patch] + 0.005 * epoch


def test_regret_is_small_and_the_best_is_in_the_tie():
    found = trials(mild, 0.015)
    regrets = [100 * (0.03 - mild(a["patch"], 0.75, 0) + 0.35) for a in found]
    held = share([8 in a["tied_patches"] for a in found])
    print(f"mild differences: mean regret {np.mean(regrets):.2f} points, tie holds {held:.1%}")
    assert np.mean(regrets) <= 1 and held >= 0.9


def test_without_labels_the_hidden_error_ranks_patches():
    found = trials(lambda p, m, e: 0.5 - 0.1 * (p == 4) + 0.2 * (p == 16), 0.01, measure="error")
    right = share([a["verdict"] == "advice" and a["patch"] == 4 for a in found])
    print(f"hidden error lower by 0.1: advised in {right:.1%}")
    assert right >= 0.95
    assert not any(advice["mask_ranked"] for advice in found)
