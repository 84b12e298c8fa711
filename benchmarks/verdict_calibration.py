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

TABLES = {True: 3, False: 400}
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


def measured() -> list[dict]:
    """The statements whose judge has a contrast with repeats, or errors of its own."""
    return [
        one
        for one in statements()
        if one["id"] in JUDGES
        and (contrast := JUDGES[one["id"]].contrast) is not None
        and (contrast.repeat is not None or contrast.error is not None)
        and set(JUDGES[one["id"]].kinds) & set(made_tables.READINGS)
    ]


def words(config: Mapping, seeds: int, size: float, count: int) -> dict[str, Counter]:
    """Statement -> how often which verdict over `count` made tables of a study's design."""
    found: dict[str, Counter] = {one["id"]: Counter() for one in measured()}
    with truth(size):
        for number in range(count):
            random = np.random.default_rng([number, seeds, int(size) % 8])
            tables = made_tables.tables(config, seeds, random)
            for one in measured():
                found[one["id"]][judge_statement(one, tables).verdict] += 1
    return {name: counts for name, counts in found.items() if set(counts) - {NOT_RUN}}


def tables(quick: bool) -> Iterator[tuple[str, list[dict]]]:
    """One table a study, each as soon as it is known: hours in all, unless quick."""
    for study, config in made_tables.studies().items():
        rows = []
        for seeds in SEEDS[quick]:
            count = TABLES[quick]
            without = words(config, seeds, NONE, count)
            with_it = words(config, seeds, TWICE, count)
            rows += [_row(name, seeds, without[name], with_it[name], count) for name in without]
        if rows:
            yield f"study {study}, {TABLES[quick]} tables each", rows


def _row(name: str, seeds: int, without: Counter, with_it: Counter, count: int) -> dict:
    affirmed = without[HOLDS] + without[CONDITIONAL]
    bound = stats.beta.ppf(0.95, affirmed + 1, count - affirmed)
    return {
        "statement": name,
        "seeds": seeds,
        "affirmed without effect": f"{affirmed / count:.1%} (at most {bound:.1%})",
        "fails without effect": f"{without[FAILS] / count:.1%}",
        "affirmed with it": f"{(with_it[HOLDS] + with_it[CONDITIONAL]) / count:.0%}",
        "fails with it": f"{with_it[FAILS] / count:.1%}",
    }
