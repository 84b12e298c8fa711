"""How often verdicts are wrong: judges on made tables whose truth is known, for every design."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from unittest.mock import patch

import numpy as np
from scipy import stats

from benchmarks import made_tables
from spatial_mae.claims import engine, noise
from spatial_mae.claims.gates import GAIN
from spatial_mae.claims.judging import JUDGES
from spatial_mae.claims.registry import judge_statement
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS, NOT_RUN
from spatial_mae.papers.statements import statements

TABLES, WITH_EFFECT = {True: 3, False: 400}, {True: 3, False: 100}
SEEDS = {True: (3,), False: (1, 2, 3, 5)}
# Truths: without effect (or at the margin), and with twice the smallest effect that matters.
NONE, TWICE = 0.0, 2.0


@contextmanager
def truth(size: float) -> Iterator[None]:
    """In this context every contrast truly has `size` times its smallest effect.

    Where nearness within a margin is claimed 0 is a distance as large as the margin, 2 none.
    """
    plain = engine.Evidence.__init__

    def with_effect(self: engine.Evidence, rows: object, contrast: engine.Contrast) -> None:
        plain(self, rows, contrast)
        shape = contrast.shape
        if contrast.says == GAIN.says:
            return
        step = contrast.least or abs(shape.margin) / 2
        for one in self.layouts:
            one.means[:] += shape.none(one.cells) + size * step * shape.pattern(one.cells)

    with patch.object(engine.Evidence, "__init__", with_effect), fewer_draws():
        yield


@contextmanager
def fewer_draws() -> Iterator[None]:
    """A tenth of the engine's draws: the levels of its tests stay, their noise is larger."""
    caches = (noise._normal, noise._uncertainty)
    with patch.object(noise, "DRAWS", noise.DRAWS // 10):
        for cache in caches:
            cache.cache_clear()
        yield
    for cache in caches:
        cache.cache_clear()


def measured(seeds: int) -> list[dict]:
    """The statements whose judge has a contrast with repeats, or errors of its own.

    The latter, which have no seeds, are judged once.
    """
    return [
        one
        for one in statements()
        if one["id"] in JUDGES
        and (contrast := JUDGES[one["id"]].contrast) is not None
        and (contrast.repeat is not None or (contrast.error is not None and seeds == 1))
        and set(JUDGES[one["id"]].kinds) & set(made_tables.READINGS)
    ]


def words(config: Mapping, seeds: int, size: float, count: int) -> dict[str, Counter]:
    """Statement -> how often which verdict over `count` made tables of a study's design."""
    judged = measured(seeds)
    kinds = {kind for one in judged for kind in JUDGES[one["id"]].kinds}
    found: dict[str, Counter] = {one["id"]: Counter() for one in judged}
    with truth(size):
        for number in range(count):
            random = np.random.default_rng([number, seeds, int(size) % 8])
            tables = made_tables.tables(config, seeds, random, kinds)
            for one in judged:
                found[one["id"]][judge_statement(one, tables).verdict] += 1
    return {name: counts for name, counts in found.items() if set(counts) - {NOT_RUN}}


def tables(quick: bool) -> Iterator[tuple[str, list[dict]]]:
    """One table a study, each as soon as it is known: hours in all, unless quick."""
    for study, config in made_tables.studies().items():
        rows = []
        for seeds in SEEDS[quick]:
            without = words(config, seeds, NONE, TABLES[quick])
            with_it = words(config, seeds, TWICE, WITH_EFFECT[quick])
            rows += [_row(name, seeds, without[name], with_it[name]) for name in without]
        if rows:
            made = f"{TABLES[quick]} tables without effect, {WITH_EFFECT[quick]} with it"
            yield f"study {study}, {made}", rows


def _row(name: str, seeds: int, without: Counter, with_it: Counter) -> dict:
    affirmed, count, tried = without[HOLDS] + without[CONDITIONAL], without.total(), with_it.total()
    bound = stats.beta.ppf(0.95, affirmed + 1, count - affirmed)
    return {
        "statement": name,
        "seeds": seeds,
        "affirmed without effect": f"{affirmed / count:.1%} (at most {bound:.1%})",
        "fails without effect": f"{without[FAILS] / count:.1%}",
        "affirmed with it": f"{(with_it[HOLDS] + with_it[CONDITIONAL]) / tried:.0%}",
        "fails with it": f"{with_it[FAILS] / tried:.1%}",
    }
