"""Verdicts on influence where the truth is known: Gaussian images, judged at several n."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np

from benchmarks.influence_truth import HELD_OUT, RIDGES, SLOPES, Law, models, truths
from spatial_mae.claims.influence import KIND
from spatial_mae.claims.judging import JUDGES
from spatial_mae.claims.verdict import CONDITIONAL, FAILS, HOLDS
from spatial_mae.files import Row
from spatial_mae.linear.held_out import choose_ridge
from spatial_mae.linear.influence_limit import MEASURES, MODEL, limit_rows, subset_rows
from spatial_mae.linear.store import RunSettings
from spatial_mae.linear.subsets import merged

STATEMENTS = [name for name, judge in JUDGES.items() if judge.kinds == (KIND,)]
NOISE = (0.2,)


def tables(quick: bool) -> list[tuple[str, list[dict]]]:
    sizes, draws, side = ((2000,), 1, 8) if quick else ((3000, 6000, 12000), 50, 12)
    laws = [Law(side, slope) for slope in SLOPES]
    rows = [row for law in laws for n in sizes for row in verdicts(law, n, draws)]
    return [(f"Gaussian images of {side} x {side} pixels, {draws} draws each", rows)]


def verdicts(law: Law, n: int, draws: int, seed: int = 0) -> list[Row]:
    """Of each statement the verdict on the covariance itself, and those on draws of n images.

    Wrong: `holds` where the truth fails or holds in part; `fails` where it holds or holds in part.
    """
    true = {name: _judged(name, exact_rows(law)) for name in STATEMENTS}
    found = {name: Counter() for name in STATEMENTS}
    root = np.linalg.cholesky(law.moment())
    for rng in np.random.default_rng(seed).spawn(draws):
        rows = drawn_rows(law, root, n, rng)
        for name in STATEMENTS:
            found[name][_judged(name, rows)] += 1
    return [_row(law, n, name, true[name], counts) for name, counts in found.items()]


def _judged(name: str, rows: list[Row]) -> str:
    return JUDGES[name].decide({KIND: rows}).verdict


def _row(law: Law, n: int, name: str, true: str, counts: Counter) -> Row:
    wrong = counts[HOLDS] * (true in (FAILS, CONDITIONAL))
    wrong += counts[FAILS] * (true in (HOLDS, CONDITIONAL))
    said = ", ".join(f"{word} {count}" for word, count in counts.most_common())
    power = f"1 / f^{law.slope:g}"
    return {"power": power, "n": n, "statement": name, "truth": true, "said": said, "wrong": wrong}


def exact_rows(law: Law) -> list[Row]:
    """Limits of the covariance itself: intervals without width."""
    return [row for patch in law.patches for row in _exact(law, patch)]


def _exact(law: Law, patch: int) -> list[Row]:
    rows = truths(law.moment(), law, patch, replace(models(law), noise_deviations=NOISE))
    pairs = [(row, None) for row in rows]
    pairs += [(b, a) for a, b in combinations(rows, 2) if _comparable(a, b)]
    return [_limit(ours, theirs, name, patch) for ours, theirs in pairs for name in MEASURES]


def _comparable(first: Row, second: Row) -> bool:
    return first["n_latents"] == second["n_latents"]


def _limit(ours: Row, theirs: Row | None, name: str, patch: int) -> Row:
    value = ours[name] - (theirs[name] if theirs else 0.0)
    model = {key: ours[key] for key in MODEL} | {"patch": patch, "measure": name}
    ends = {"value": value, "interval_low": value, "interval_high": value, "standard_error": 0.0}
    return model | ends | {"against": _name(theirs) if theirs else None, "n_images": 1}


def _name(row: Row) -> str:
    setting = row["noise_deviation"] if row["model"] == "dae" else row["mask_ratio"]
    return row["model"].upper() + (f" {setting:g}" if row["model"] != "ae" else "")


def drawn_rows(law: Law, root: np.ndarray, n: int, rng: np.random.Generator) -> list[Row]:
    """The limits that the rule would write for n images of the law, for every patch size."""
    recipe = replace(models(law), noise_deviations=NOISE)
    count = 2**recipe.halvings
    subsets = [law.draw(root, int(n * (1 - HELD_OUT)) // count, rng) for _ in range(count)]
    held, whole = law.draw(root, int(n * HELD_OUT), rng), subsets
    while len(whole) > 1:
        whole = merged(whole)
    rows = []
    for patch in law.patches:
        settings = RunSettings(patch, "raw", 0.0, False)
        ridge = choose_ridge(whole[0], held, settings, recipe, RIDGES)
        found = limit_rows(subset_rows(subsets, replace(settings, ridge=ridge), recipe))
        rows += [row | {"patch": patch} for row in found]
    return rows
