"""Limits of influence against the measures of a covariance that is known."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.influence_truth import Law, coverage

from spatial_mae.linear.influence import geometry
from spatial_mae.linear.influence_limit import (
    MEASURES,
    InfluenceLimitRecipe,
    limit_rows,
    pair_classes,
    reliability_root,
    subset_rows,
)
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.store import RunSettings
from spatial_mae.linear.subsets import merged, subset_moments
from spatial_mae.masks.patches import patch_index, pixel_coordinates

RECIPE = InfluenceLimitRecipe(
    mask_ratios=(0.25, 0.75), noise_deviations=(0.1,), n_latents=(4, "all"), halvings=3
)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (400, 4, 4, 1), dtype=np.uint8)


def test_intervals_hold_the_known_truth_and_are_nearer_than_all_images():
    """Two draws of images with a known covariance: 112 intervals of 95 %."""
    rows = coverage(Law(12, 2.0), 2600, draws=2)
    assert len(rows) == 56
    assert np.mean([row["coverage"] for row in rows]) > 0.9
    full = [row for row in rows if row["k"] == 144 and row["quantity"] == "MAE"]
    full = [row for row in full if "half_width" not in row["measure"]]  # whose bias is small
    assert all(abs(row["bias"]) < abs(row["bias of all images"]) / 2 for row in full)


def test_intervals_hold_the_known_truth_of_colour_images():
    """Between channels W is 0: noise there must not pass for what is found within channels."""
    rows = coverage(Law(8, 2.0, channels=3), 4000, draws=2)
    full = [row for row in rows if row["k"] == 192 and row["quantity"] == "MAE"]
    assert len(full) == 7
    assert np.mean([row["coverage"] for row in full]) > 0.9


def test_subsets_are_disjoint_and_join_to_all_but_those_held_out(images):
    parts, held = subset_moments(images, "luma", None, 8, 0.1, np.random.default_rng(0))
    assert [part.n for part in parts] == [45] * 8
    assert held.n == 40
    whole = pixel_moments(images)
    np.testing.assert_array_equal(sum(p.gram for p in [*parts, held]), whole.gram)
    np.testing.assert_array_equal(merged(parts)[1].gram, parts[2].gram + parts[3].gram)


def test_reliability_is_one_without_noise_and_zero_without_signal():
    rng = np.random.default_rng(0)
    W, noise, other = rng.standard_normal((3, 200, 200))
    one_class = np.zeros(W.size, int)
    assert reliability_root(W, W, one_class).min() == 1
    assert reliability_root(noise, -noise, one_class).max() == 0
    between = reliability_root(W + noise, W + other, one_class)
    assert between.max() == pytest.approx(1 / np.sqrt(1 + 1 / 2), rel=0.05)


def test_alike_are_pairs_of_one_distance_and_depth_in_and_out_of_patches():
    index, place = patch_index(8, 8, 4), pixel_coordinates(8, 8)
    found = pair_classes(geometry(8, 8, 1, index), place).reshape(64, 64)
    pixel = {tuple(one): number for number, one in enumerate(place.tolist())}

    def alike(first, second):
        return found[pixel[first[0]], pixel[first[1]]] == found[pixel[second[0]], pixel[second[1]]]

    assert alike(((0, 0), (0, 1)), ((3, 4), (2, 4)))  # neighbours on a border, in one patch
    assert not alike(((0, 0), (0, 1)), ((0, 3), (0, 4)))  # of two patches
    assert not alike(((0, 0), (0, 1)), ((1, 1), (0, 1)))  # one of them is inside
    assert not alike(((1, 1), (0, 1)), ((0, 1), (1, 1)))  # input and output changed over


def test_pairs_of_one_channel_are_no_like_pairs_of_two():
    index, place = patch_index(4, 4, 2, 3), pixel_coordinates(4, 4, 3)
    found = pair_classes(geometry(4, 4, 3, index), place, 3).reshape(48, 48)
    red, green, blue = range(3)
    assert found[red, red] == found[green, green]
    assert found[red, green] == found[blue, red]
    assert found[red, red] != found[red, green]
    one, other = found[::3, ::3], found[::3, 1::3]
    assert not set(one.flat) & set(other.flat)
    gray = pair_classes(geometry(4, 4, 1, index[::3]), place[::3])
    np.testing.assert_array_equal(np.unique(one, return_inverse=True)[1].reshape(-1), gray)


def test_every_model_has_rows_in_every_subset_and_a_limit(images):
    parts, _ = subset_moments(images, "luma", None, 8, 0.1, np.random.default_rng(0))
    rows = subset_rows(parts, RunSettings(2, "centred", 0.001, False), RECIPE)
    models = 2 * (1 + 1 + 2)
    assert len(rows) == models * 2 * (1 + 2 + 4)
    assert {(r["n_images"], r["subset"]) for r in rows} == {
        *((360, 0), (180, 0), (180, 1)),
        *((90, subset) for subset in range(4)),
    }
    limits = limit_rows(rows)
    assert len(limits) == 7 * (models + 2 * 6)
    identity = [r for r in limits if r["model"] == "ae" and r["n_latents"] == 16][0]
    assert identity["against"] is None
    assert identity["value"] == pytest.approx(0, abs=1e-6)
    names = {row["against"] for row in limits}
    assert names == {None, "AE", "DAE 0.1", "MAE 0.25"}


def test_the_half_width_has_no_limit_where_only_hidden_patches_count(images):
    parts, _ = subset_moments(images, "luma", None, 8, 0.1, np.random.default_rng(0))
    chosen = replace(RECIPE, n_latents=("all",), samplings=("hidden", "bernoulli"))
    rows = limit_rows(subset_rows(parts, RunSettings(2, "centred", 0.001, False), chosen))
    widths = [row for row in rows if row["measure"] == "half_width"]
    assert {row["sampling"] for row in widths} == {None, "bernoulli"}
    hidden = [row["measure"] for row in rows if row["sampling"] == "hidden"]
    assert set(hidden) == set(MEASURES) - {"half_width"}


def test_too_few_images_for_so_many_halvings_are_refused(images):
    parts, _ = subset_moments(images[:130], "luma", None, 8, 0.1, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"have 14 images.*16 coordinates.*fewer halvings"):
        subset_rows(parts, RunSettings(2, "centred", 0.001, False), RECIPE)
