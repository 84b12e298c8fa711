"""Both tests of a statement keep their 2.5% in the hardest cases, not only without an effect."""

import numpy as np
import pytest
from benchmarks.verdict_calibration import fewer_draws

from spatial_mae.claims.engine import Contrast, Evidence
from spatial_mae.claims.grid_shapes import Shift
from spatial_mae.claims.nearness import Alike
from spatial_mae.claims.shapes import Best, Lead, Rise, Shape, named

TABLES, SEEDS, NOISE = 200, 5, 0.01
MOST = 12  # of 200: more have a chance of 0.1% at 2.5%
FIRST, EVERY = Lead(named(0, 1, 2)), Lead(named(0, 1, 2), every=True)
# Means of cells, in points, with a statistic of 0.
WRONG = {
    "a rise that is lost again": (Rise(), (0, 10, 5)),
    "many steps, the last down": (Rise(), (0, 2.5, 5, 7.5, 10, 5)),
    "a fall that is lost again": (Rise(sign=-1), (10, 0, 5)),
    "one best against one": (FIRST, (0, -9, -9, 0, -9, -9)),
    "one of the region is no better": (EVERY, (0, 9, 9, 0, -9, -9)),
    "two unlike cells, others between": (Alike(0.1), (0, 5, 5, 10)),
}
# Patches of two sizes, three mask ratios.
WRONG_SHIFTS = {
    "only the small patch has an optimum": (0, 10, 20, 0, 0, 0),
    "only the large patch has one": (0, 0, 0, 0, -10, -20),
}
# With a statistic of one point, which one pair of mask ratios carries.
RIGHT_SHIFTS = {
    "the small patch has an inner optimum": (0, 1, -1, 0, -1, -3),
    "and the large one falls farther": (0, 1, -1, -3, 0, -1, -3, -6),
}
# Means, in points, with a statistic of one point, or at the margin.
RIGHT = {
    "all of the rise in one step": (Rise(), (0, 1, 1)),
    "one best, others far below": (FIRST, (-50, 1, -50, 0, 0, 0)),
    "one positive": (Best(), (1, -9, -9)),
    "halves at the margin": (Alike(0.1), (0, 0, 0, 10, 10, 10)),
}


def share(shape: Shape, cells: list[dict], points: tuple[float, ...], of: str) -> int:
    """How many of the made tables reject."""
    least = 0.0 if shape.margin else 0.01
    contrast = Contrast(shape, tuple(cells[0]), "made", least, "made")
    random = np.random.default_rng(0)
    found = 0
    for table in range(TABLES):
        noise = NOISE * random.standard_normal((SEEDS, len(cells)))
        rows = [
            {**cell, "seed": seed, "value": mean / 100 + noise[seed, place]}
            for seed in range(SEEDS)
            for place, (cell, mean) in enumerate(zip(cells, points, strict=True))
        ]
        with fewer_draws(table):
            found += getattr(Evidence(rows, contrast).weigh([0]), of) <= 0.025
    return found


def line(count: int) -> list[dict]:
    return [{"mask": place} for place in range(count)]


def grid(count: int) -> list[dict]:
    return [{"patch": patch, "mask": mask} for patch in (4, 8) for mask in range(count)]


@pytest.mark.parametrize("case", WRONG)
def test_what_is_just_not_right_is_seldom_affirmed(case):
    shape, points = WRONG[case]
    cells = line(len(points))
    assert shape.value(np.array(points) / 100, [(c["mask"],) for c in cells]) <= 1e-12
    assert share(shape, cells, points, "affirm") <= MOST


@pytest.mark.parametrize("case", WRONG_SHIFTS)
def test_a_shift_of_one_patch_alone_is_seldom_affirmed(case):
    assert share(Shift(), grid(3), WRONG_SHIFTS[case], "affirm") <= MOST


@pytest.mark.parametrize("case", RIGHT_SHIFTS)
def test_a_shift_between_two_of_many_mask_ratios_is_seldom_denied(case):
    points = RIGHT_SHIFTS[case]
    assert share(Shift(), grid(len(points) // 2), points, "deny") <= MOST


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_just_large_enough_is_seldom_denied(case):
    shape, points = RIGHT[case]
    assert share(shape, line(len(points)), points, "deny") <= MOST
