import numpy as np
import pytest

from spatial_mae.linear.influence import geometry, half_width, measure
from spatial_mae.masks.patches import patch_index, pixel_coordinates, same_patch


def _places(height: int = 4, width: int = 6, channels: int = 1, patch_size: int = 2):
    return geometry(height, width, channels, patch_index(height, width, patch_size, channels))


def _W(size: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((size, size))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("power", "suffix"), [(1, ""), (2, "_square")])
def test_measures_match_a_loop_over_pairs(channels, power, suffix):
    places, W = _places(channels=channels), _W(24 * channels)
    points = pixel_coordinates(4, 6, channels)
    inside = same_patch(patch_index(4, 6, 2, channels))
    distance, share, entropy = [], [], []
    for j in range(len(W)):
        p = np.abs(W[:, j]) ** power
        p /= p.sum()
        steps = [np.hypot(*(points[i] - points[j])) for i in range(len(W))]
        distance.append(p @ steps)
        share.append(p @ inside[:, j])
        entropy.append(-(p @ np.log(p)))
    found = measure(W, places)[0]
    assert found[f"mean_distance{suffix}"] == pytest.approx(np.mean(distance))
    assert found[f"intra_patch_share{suffix}"] == pytest.approx(np.mean(share))
    assert found[f"entropy{suffix}"] == pytest.approx(np.mean(entropy))


def test_the_profile_matches_a_loop_and_spends_each_targets_weight():
    places, W = _places(), _W(24)
    profile = measure(W, places)[1]
    points = pixel_coordinates(4, 6)
    weights = np.abs(W) / np.abs(W).sum(axis=0)
    for row in profile:
        pairs = [
            weights[i, j]
            for i in range(24)
            for j in range(24)
            if round(np.hypot(*(points[i] - points[j]))) == row["distance"]
        ]
        assert row["n_pairs"] == len(pairs)
        assert row["mean_absolute"] == pytest.approx(np.mean(pairs))
    for column in ("mean_absolute", "mean_square"):
        assert sum(row[column] * row["n_pairs"] for row in profile) == pytest.approx(24)


def test_the_identity_stays_at_home():
    measures, profile = measure(3 * np.eye(24), _places())
    assert measures["mean_distance"] == measures["entropy"] == 0
    assert measures["intra_patch_share_square"] == 1
    assert profile[0]["mean_absolute"] == 1
    assert all(row["mean_absolute"] == 0 for row in profile[1:])


def test_equal_weights_have_the_largest_entropy():
    measures, _ = measure(np.ones((24, 24)), _places())
    assert measures["entropy"] == pytest.approx(np.log(24))
    assert measures["intra_patch_share"] == pytest.approx(4 / 24)


def test_a_target_that_nothing_influences_does_not_count():
    W = np.eye(24)
    W[:, 5] = 0
    W[0, 0], W[1, 0] = 0, 1
    assert measure(W, _places())[0]["mean_distance"] == pytest.approx(1 / 23)


@pytest.mark.parametrize(
    ("profile", "width"),
    [([1, 0, 0], 0.5), ([4, 3, 1], 1.5), ([4, 2, 1], 1.0), ([1, 1, 1], 2.0)],
)
def test_the_half_width_is_where_the_main_lobe_has_fallen_to_half(profile, width):
    assert half_width(profile) == width


@pytest.mark.parametrize("profile", [[0, 0, 0], [0, 2, 1]])
def test_a_profile_of_nothing_at_0_has_no_half_width(profile):
    assert half_width(profile) is None
