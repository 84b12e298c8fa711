"""The judge of the boundary loss on tables made so that the answer is known."""

import numpy as np
import pytest

from spatial_mae.claims.boundary import boundary_raises_the_probe
from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, INCONCLUSIVE, NOT_RUN, TOO_SMALL

# Of each seed: far more than what a boundary changes, but common to all widths.
LUCK = (0.0, 0.1, 0.2, -0.1)


@pytest.fixture
def table(probe):
    """Probes at widths 0, 1 and 2: at each width its gain, and a little of its own at each seed."""

    def rows(gains, noise=0.001, seeds=4, base=0.4, **others):
        random = np.random.default_rng(0)
        found = []
        for width, gain in {0: 0.0, **gains}.items():
            for seed in range(seeds):
                value = base + LUCK[seed] + gain + noise * random.standard_normal()
                named = {"training": f"boundary_{width}", "boundary_width": width, "seed": seed}
                found.append(
                    probe(value, **named, pretrain_n_train=1000, **(others if width else {}))
                )
        return {"evaluation": found}

    return rows


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ({1: 0.02, 2: 0.03}, HOLDS),
        ({1: -0.02, 2: -0.03}, FAILS),
        ({1: 0.003, 2: 0.003}, FAILS),
        ({1: 0.02, 2: -0.03}, CONDITIONAL),
    ],
)
def test_seeds_are_compared_in_pairs(table, gains, verdict):
    found = boundary_raises_the_probe(table(gains))
    assert (found.verdict, found.evidence["settings"]) == (verdict, 2)


def test_the_width_at_which_it_holds_is_named(table):
    found = boundary_raises_the_probe(table({1: 0.02, 2: -0.03}))
    assert found.sentence.startswith("measure boundary 1: without")


def test_a_gain_within_the_noise_is_inconclusive(table):
    assert boundary_raises_the_probe(table({1: 0.01}, noise=0.02)).verdict == INCONCLUSIVE


def test_probes_at_chance_say_nothing(table):
    assert boundary_raises_the_probe(table({1: 0.02}, base=-0.2)).verdict == TOO_SMALL


@pytest.mark.parametrize("order", [1, -1])
def test_another_plain_recipe_does_not_stand_in_for_the_one_compared(table, order):
    rows = [row | {"recipe_but_boundary": "r1"} for row in table({1: 0.02})["evaluation"]]
    plain = [row for row in rows if row["boundary_width"] == 0]
    better = {"training": "twin", "recipe_but_boundary": "r2"}
    twin = [row | better | {"value": row["value"] + 0.05} for row in plain]
    parts = (rows, twin)[::order]
    assert boundary_raises_the_probe({"evaluation": [*parts[0], *parts[1]]}).verdict == HOLDS


@pytest.mark.parametrize(
    "others", [{"weight_decay": 0.1}, {"recipe_but_boundary": "r2"}, {"precision": "bfloat16"}]
)
def test_another_budget_is_not_compared(table, others):
    assert boundary_raises_the_probe(table({1: 0.02}, **others)).verdict == NOT_RUN


def test_one_seed_is_run_and_inconclusive(table):
    assert boundary_raises_the_probe(table({1: 0.02}, seeds=1)).verdict == INCONCLUSIVE


def test_older_tables_without_the_column_are_not_judged(table):
    rows = table({1: 0.02})["evaluation"]
    for row in rows:
        del row["boundary_width"]
    assert boundary_raises_the_probe({"evaluation": rows}).verdict == NOT_RUN


def test_a_missing_number_decides_nothing(table):
    tables = table({1: 0.02})
    tables["evaluation"][-1]["value"] = float("nan")
    found = judge_statement({"id": "kong.boundary"}, tables)
    assert (found.verdict, "value is nan" in found.sentence) == (INCONCLUSIVE, True)
