"""How often verdicts are wrong: judges on made tables whose truth is known, for every design."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
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
TENTHS = 10


# (what a contrast says, setting) -> means without noise.
Bases = dict[tuple, np.ndarray]


@contextmanager
def truth(size: float, bases: Bases) -> Iterator[None]:
    """In this context every contrast truly has `size` times its smallest effect.

    Where nearness within a margin is claimed 0 is a distance as large as the margin, 2 none. bases:
    of `levels`, what the made tables hold in truth.
    """

    def change(one: noise.Layout, contrast: engine.Contrast) -> None:
        shape, base = contrast.shape, bases.get((contrast.says, one.key), 0.0)
        step = contrast.least or abs(shape.margin) / 2
        one.means[:] += shape.none(one.cells) + size * step * shape.pattern(one.cells) - base

    with _each_layout(change):
        yield


@contextmanager
def levels(bases: Bases) -> Iterator[None]:
    """In this context the means of every contrast's cells are written down in `bases`."""

    def remember(one: noise.Layout, contrast: engine.Contrast) -> None:
        bases[contrast.says, one.key] = one.means.copy()

    with _each_layout(remember), fewer_draws(0):
        yield


@contextmanager
def _each_layout(use: Callable[[noise.Layout, engine.Contrast], None]) -> Iterator[None]:
    """In this context every setting of a contrast is used before it is weighed; gates are not."""
    plain = engine.Evidence.__init__

    def used(self: engine.Evidence, rows: object, contrast: engine.Contrast) -> None:
        plain(self, rows, contrast)
        for one in () if contrast.says == GAIN.says else self.layouts:
            use(one, contrast)

    with patch.object(engine.Evidence, "__init__", used):
        yield


@contextmanager
def fewer_draws(table: int) -> Iterator[None]:
    """A tenth of the engine's draws, of ten tables in turn another one.

    The level of one tenth is 2 to 4.5% where that of all draws is 2.5%: of many tables judged by
    the same tenth, its luck would be taken for a fault of the judge.
    """

    def tenth(draws: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        count = noise.DRAWS // TENTHS
        start = table % TENTHS * count
        return lambda *key: draws(*key)[start : start + count]

    names = ("_normal", "_uncertainty")
    with patch.multiple(noise, **{name: tenth(getattr(noise, name)) for name in names}):
        yield


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
    bases: Bases = {}
    quiet = made_tables.tables(config, seeds, np.random.default_rng(0), kinds, noise=1e-6)
    with levels(bases):
        for one in judged:
            judge_statement(one, quiet)
    with truth(size, bases):
        for number in range(count):
            random = np.random.default_rng([number, seeds, int(size) % 8])
            tables = made_tables.tables(config, seeds, random, kinds)
            with fewer_draws(number):
                for one in judged:
                    found[one["id"]][judge_statement(one, tables).verdict] += 1
    return {name: counts for name, counts in found.items() if set(counts) - {NOT_RUN}}


def tables(quick: bool) -> Iterator[tuple[str, list[dict]]]:
    """One table a study, each as soon as it is known: hours in all; quick: of the default study."""
    studies = made_tables.studies()
    for study, whole in [*studies.items()][: 1 if quick else None]:
        config = made_tables.one_rung(whole)
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
