"""The half width's interval against a test of every distance; where no error is known."""

import numpy as np
import pytest
from scipy.stats import t

from spatial_mae.linear.influence import half_width
from spatial_mae.linear.matrix_free.estimates import (
    Places,
    Sampled,
    measure_columns,
    profile,
    summary,
)

N_TARGETS = 400
STEEP = np.array([8.0, 1.0, 0.5, 0.4, 0.3, 0.2])
FLAT = np.array([8.0, 6.0, 4.4, 4.0, 3.9, 3.8])


def sampled(means: np.ndarray, q: int, noise: float = 0.3, seed: int = 0) -> Sampled:
    """Targets with four pairs at each distance, whose weights scatter around the means."""
    rng = np.random.default_rng(seed)
    pairs = np.full((q, len(means)), 4)
    sums = pairs * means * (1 + noise * rng.standard_normal(pairs.shape))
    return Sampled({}, {1: sums, 2: sums}, pairs)


def width_and_error(found: Sampled, n_targets: int = N_TARGETS) -> tuple[float, float | None]:
    row = summary(found, n_targets)
    return row["half_width"], row["half_width_se"]


def not_excluded(found: Sampled) -> np.ndarray:
    """Distances where the mean of a target's profile less half its value at 0 may be 0."""
    profiles = found.sums[1] / found.pairs
    q, longest = len(profiles), profiles.shape[1] - 1
    kept = []
    for distance in np.arange(0, longest + 1e-9, 0.001):
        here = [np.interp(distance, np.arange(longest + 1), one) for one in profiles]
        gaps = np.array(here) - profiles[:, 0] / 2
        error = gaps.std(ddof=1) * np.sqrt((1 - q / N_TARGETS) / q)
        if abs(gaps.mean()) <= t.ppf(0.975, q - 1) * error:
            kept.append(distance)
    return np.array(kept)


@pytest.mark.parametrize("means", [STEEP, FLAT])
@pytest.mark.parametrize("q", [6, 40])
def test_the_error_reaches_the_farthest_distance_that_a_test_does_not_exclude(means, q):
    found = sampled(means, q)
    width, error = width_and_error(found)
    kept = not_excluded(found)
    assert width == half_width((found.sums[1].sum(axis=0) / found.pairs.sum(axis=0)).tolist())
    assert 1.96 * error == pytest.approx(np.abs(kept - width).max(), abs=0.002)


def test_where_a_profile_is_steep_the_error_is_that_of_a_smooth_function():
    found = sampled(STEEP, 200, noise=0.1)
    width, error = width_and_error(found)
    profiles = found.sums[1] / found.pairs
    near, far = profiles.mean(axis=0)[:2]
    slopes = np.array([-far, near]) / (2 * (near - far) ** 2)
    spread = slopes @ np.cov(profiles[:, :2].T) @ slopes
    assert error == pytest.approx(np.sqrt(spread / 200 * (1 - 200 / N_TARGETS)), rel=0.03)


def test_an_interval_ends_where_the_distances_end():
    found = sampled(np.array([8.0, 6.0, 4.5, 4.4]), 4)
    width, error = width_and_error(found)
    assert 1.96 * error == pytest.approx(
        max(3 - width, width - not_excluded(found).min()), abs=0.002
    )


def test_a_distance_that_one_target_has_excludes_nothing():
    found = sampled(np.array([8.0, 6.0, 4.5, 0.1]), 40, noise=0.01)
    width, error = width_and_error(found)
    found.pairs[1:, 3:] = found.sums[1][1:, 3:] = 0
    unsure, larger = width_and_error(found)
    assert unsure == pytest.approx(width, abs=0.01)
    assert 1.96 * larger == pytest.approx(3 - unsure) and larger > 5 * error


@pytest.mark.parametrize(("targets", "error"), [([0, 1, 4], None), (range(9), 0.0)])
def test_a_distance_that_one_target_has_gives_the_profile_no_error(targets, error):
    targets, places = np.array(targets), Places((3, 3, 1), np.arange(9))
    W = np.random.default_rng(0).standard_normal((9, len(targets)))
    rows = profile(measure_columns(W, targets, places), places)
    assert rows[3]["distance"] == 3 and rows[3]["mean_absolute_se"] == error
    assert all((row["mean_square_se"] > 0) == (error is None) for row in rows[:3])


def test_all_targets_leave_no_error_and_one_gives_none():
    found = sampled(FLAT, 5)
    assert width_and_error(found, n_targets=5)[1] == 0
    assert width_and_error(sampled(FLAT, 1))[1] is None


@pytest.mark.parametrize("n_targets", [5, N_TARGETS])
def test_no_weight_at_0_leaves_no_half_width_and_no_error(n_targets):
    assert width_and_error(sampled(np.array([0.0, 1.0, 1.0]), 5), n_targets) == (None, None)


def test_equal_targets_leave_no_error():
    found = sampled(np.array([1.0, 0.75, 0.25]), 5, noise=0.0)
    assert width_and_error(found) == (1.5, pytest.approx(0.0, abs=1e-9))
