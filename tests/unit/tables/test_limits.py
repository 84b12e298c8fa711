"""Limits from subsets: exact where a law holds, honest where none does, paired by subset."""

import numpy as np
import pytest

from spatial_mae.tables.limits import difference, extrapolation, limit, size_means


def rows(curve, noise=0.0, plain=None, full_rank=True, seed=0, halvings=4):
    """Subset rows of a measure that is `curve(n)` plus what the images of a subset share."""
    leaves = noise * np.random.default_rng(seed).standard_normal(2**halvings)
    found = []
    for level in range(1, halvings + 1):
        count = 2 ** (halvings - level)
        for subset, shared in enumerate(leaves.reshape(count, -1).mean(axis=1)):
            for estimate, law in (("corrected", curve), ("plain", plain or curve)):
                row = {"estimate": estimate, "full_rank": full_rank, "n_images": 1600 // count}
                found.append(row | {"subset": subset, "reach": law(1600 // count) + shared})
    return found


@pytest.mark.parametrize("power", [1.0, 0.5])
def test_each_law_is_extrapolated_exactly(power):
    sizes = np.array([200.0, 400.0, 800.0, 1600.0])
    weights = extrapolation(sizes, power)
    assert weights @ (3 + 40 * sizes**-power) == pytest.approx(3)


@pytest.mark.parametrize("power", [1.0, 0.7, 0.5])
def test_the_interval_holds_the_limit_of_every_law_between(power):
    found = limit(rows(lambda n: 3 + 40 * n**-power), "reach")
    assert found.low - 1e-9 <= 3 <= found.high + 1e-9
    assert found.at_largest_n == pytest.approx(3 + 40 * 1600**-power)
    assert found.standard_error == pytest.approx(0, abs=1e-9)
    assert found.misfit > 0


def test_a_measure_without_bias_keeps_its_mean_and_error():
    found = limit(rows(lambda n: 5.0, noise=1.0), "reach")
    leaves = np.random.default_rng(0).standard_normal(16)
    assert found.value == pytest.approx(5 + leaves.mean())
    assert 0.5 * 16**-0.5 < found.standard_error < 2 * 16**-0.5
    assert found.misfit == pytest.approx(0, abs=1e-9)


def test_plain_counts_only_where_rank_is_low():
    settings = {"curve": lambda n: 2 - 10 / n, "plain": lambda n: 2.5}
    full, low = (limit(rows(**settings, full_rank=rank), "reach") for rank in (True, False))
    assert full.high == pytest.approx(2 + 0.5 / 4, abs=0.03)
    assert low.high == pytest.approx(2.5)


def test_a_quarter_of_the_correction_is_doubted_but_for_squares():
    found = rows(lambda n: 2.0, plain=lambda n: 3.0)
    squares = [row | {"reach_square": row["reach"]} for row in found]
    assert limit(found, "reach").misfit == pytest.approx(0.25)
    assert limit(squares, "reach_square").misfit == pytest.approx(0, abs=1e-9)


def test_what_two_models_share_cancels_in_their_difference():
    ours = rows(lambda n: 4 + 20 / n, noise=1.0)
    theirs = rows(lambda n: 1 + 20 / n, noise=1.0)
    found = difference(ours, theirs, "reach")
    assert (found.low, found.high) == (pytest.approx(3), pytest.approx(3))
    assert limit(ours, "reach").standard_error > 0.1


def test_models_of_other_subsets_are_not_compared():
    with pytest.raises(ValueError, match="other subsets"):
        difference(rows(lambda n: 4.0), rows(lambda n: 4.0, halvings=3), "reach")


def test_missing_subsets_are_an_error():
    with pytest.raises(ValueError, match="half as many subsets"):
        limit(rows(lambda n: 4.0)[:-4], "reach")


def test_means_of_each_size():
    assert size_means(rows(lambda n: n), "reach", "plain") == {n: n for n in (200, 400, 800, 1600)}
