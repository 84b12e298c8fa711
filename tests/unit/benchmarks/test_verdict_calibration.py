"""Verdicts on made tables whose truth is known: a small version of the benchmark."""

from collections import Counter

import numpy as np
import pytest
from benchmarks import made_readings, made_tables, verdict_calibration
from scipy import stats

from spatial_mae.claims import noise
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS

STUDIES = made_tables.studies()
TABLES = 12
# Of a dozen tables four are affirmed by luck in less than 1 of 400 cases at 5%.
MOST = 3


def affirmed(counts: Counter) -> int:
    return counts[HOLDS] + counts[CONDITIONAL]


@pytest.mark.parametrize("study", ["quick", "cifar10", "kong_cifar"])
@pytest.mark.parametrize("seeds", [1, 3])
def test_no_effect_is_seldom_affirmed(study, seeds):
    found = verdict_calibration.words(STUDIES[study], seeds, 0.0, TABLES)
    assert len(found) > 10
    often = {name: counts for name, counts in found.items() if affirmed(counts) > MOST}
    assert not often
    total = sum(affirmed(counts) for counts in found.values())
    assert total <= 0.05 * TABLES * len(found)
    if seeds == 1:  # nothing shows the noise of one seed
        assert total == 0


@pytest.mark.parametrize("freedom", [2, 4, 8])
def test_fewer_draws_have_the_level_of_all(freedom):
    """What a true t statistic has above the quantile of 97.5% that a tenth of the draws shows."""
    level = []
    for table in range(10):
        with verdict_calibration.fewer_draws(table):
            one, other = noise._normal(0, 2).T
            drawn = (one - other) * np.sqrt(noise._uncertainty(freedom)[:, 0] / 2)
        assert drawn.shape == (1000,)
        level.append(stats.t.sf(np.quantile(drawn, 0.975), freedom))
    assert np.mean(level) == pytest.approx(0.025, abs=0.0025)
    assert max(level) > 0.029  # one tenth alone misleads


def test_of_a_ladder_the_experiments_of_one_rung_are_judged():
    rung = made_tables.one_rung(STUDIES["ladder"])
    assert {entry["name"] for entry in rung["experiments"]} == {
        "masking_3",
        "influence_3",
        "profiles_3",
    }
    assert made_tables.one_rung(STUDIES["quick"]) == STUDIES["quick"]


def test_an_effect_that_matters_is_never_denied_and_found_where_there_is_power():
    found = verdict_calibration.words(STUDIES["cifar10"], 3, 2.0, TABLES)
    assert not {name for name, counts in found.items() if counts[FAILS] > 1}
    for name in ("time.mask", "entropy.patch", "freeze.speed", "fig8.adaptive", "cka.depth"):
        assert affirmed(found[name]) >= 0.8 * TABLES, (name, found[name])


def test_own_predictions_are_affirmed_where_they_are_true_and_seldom_at_the_margin():
    margin = verdict_calibration.words(STUDIES["quad_tree"], 3, 0.0, TABLES)
    true = verdict_calibration.words(STUDIES["quad_tree"], 3, 2.0, TABLES)
    assert set(true) == {"quadtree.components", "quadtree.mean"}
    for name, counts in true.items():
        assert affirmed(counts) >= 0.8 * TABLES, (name, counts)
        assert affirmed(margin[name]) <= MOST, (name, margin[name])


def test_the_opposite_effect_is_never_affirmed():
    found = verdict_calibration.words(STUDIES["cifar10"], 3, -2.0, TABLES)
    assert not {name: counts for name, counts in found.items() if affirmed(counts)}


def test_constant_tables_are_copies_and_decide_nothing(monkeypatch):
    monkeypatch.setattr(made_tables.Numbers, "drawn", _level)
    found = verdict_calibration.words(STUDIES["cifar10"], 3, 0.0, 1)
    assert not {name: counts for name, counts in found.items() if affirmed(counts) + counts[FAILS]}


def _level(numbers, value, run, row):
    return value.level if isinstance(value, made_readings.Number) else value


def test_networks_at_chance_are_too_small_for_statements_about_accuracy(monkeypatch):
    monkeypatch.setattr(made_readings, "ACCURACY", 0.1)
    found = verdict_calibration.words(STUDIES["cifar10"], 3, 2.0, 4)
    for name in ("lp.1500", "dec.optimal", "poster.shift", "freeze", "poster.half"):
        assert set(found[name]) == {"too-small"}, (name, found[name])


def test_every_judge_of_a_measured_number_decides_in_some_study():
    """Only then does its row of the benchmark say anything. Printed numbers want other images."""
    decided = set()
    for config in STUDIES.values():
        found = verdict_calibration.words(config, 3, 2.0, 1)
        decided |= {name for name, counts in found.items() if set(counts) - {"too-small"}}
    judged = {one["id"] for one in verdict_calibration.measured(3)}
    printed = {name for name in judged if name[:7] in ("kong.t1", "kong.t3", "kong.t4", "kong.t5")}
    assert judged - printed - decided == set()
