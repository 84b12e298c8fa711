"""The generated images: exact geometry, exact depth, natural correlations, one seed one result."""

import dataclasses

import numpy as np
import pytest

from spatial_mae.data import dead_leaves, workers
from spatial_mae.data.leaf_rendering import front_leaf, render
from spatial_mae.data.leaf_shapes import REACH, SHAPES, inside
from spatial_mae.data.leaves import draw_leaves, size_law

RECIPE = dead_leaves.DeadLeaves(
    n_train=640,
    n_test=10,
    size=(32, 32),
    radius_min=2.0,
    radius_max=32.0,
    radius_exponent=3.0,
    coverage=4.0,
    supersampling=3,
    stripe_period=0.5,
    chroma=0.2,
    illumination=0.22,
    haze=0.2,
    depth_range=(1.0, 10.0),
)


def make(recipe, seed=0, split="train"):
    prepared = dead_leaves.prepare(recipe, None, None, np.random.default_rng(seed))
    parts = list(prepared.splits[split])
    return [np.concatenate([getattr(b, k) for b in parts]) for k in ("images", "labels", "depth")]


@pytest.fixture(scope="module")
def generated():
    return make(RECIPE)


def luma(images):
    return (images.astype(np.int64) @ [19595, 38470, 7471] + 32768 >> 16) / 255


def correlation(images, distance):
    """Of pixels `distance` apart along an axis, each pixel's mean over the images removed."""
    x = luma(images)
    x = x - x.mean(axis=0)
    rows = (x[:, distance:] * x[:, :-distance]).mean()
    columns = (x[:, :, distance:] * x[:, :, :-distance]).mean()
    return (rows + columns) / 2 / (x * x).mean()


def test_autocorrelation_is_within_the_range_of_natural_images(generated):
    """Small photographs: 0.92 at 1 pixel, 0.42 (CIFAR-10) to 0.58 (BSDS500 shrunk 4x) at 8."""
    measured = [correlation(generated[0], distance) for distance in (1, 2, 4, 8, 16)]
    assert all(np.diff(measured) < 0)
    for value, low, high in zip(
        measured, (0.84, 0.73, 0.58, 0.40, 0.25), (0.96, 0.88, 0.74, 0.60, 0.45), strict=True
    ):
        assert low < value < high, measured


def test_each_class_comes_equally_often_and_colour_alone_tells_none(generated):
    images, labels, _ = generated
    assert np.bincount(labels).tolist() == [64] * 10
    means = np.array([images[labels == c].mean(axis=(0, 1, 2)) for c in range(10)])
    spread = images.mean(axis=(1, 2)).std(axis=0) / np.sqrt(64)
    assert (np.abs(means - means.mean(axis=0)) < 4 * spread).all()


def test_stripes_are_visible(generated):
    images, labels, _ = generated
    striped = labels % 2 == 1
    assert correlation(images[striped], 1) < correlation(images[~striped], 1) - 0.02


def test_the_same_seed_gives_the_same_images_on_any_number_of_threads(monkeypatch):
    small = dataclasses.replace(RECIPE, n_train=330, size=(8, 12), n_test=330)
    first = make(small)
    monkeypatch.setattr(workers, "MOST_THREADS", 1)
    for a, b in zip(first, make(small), strict=True):
        np.testing.assert_array_equal(a, b)
    shorter = make(dataclasses.replace(small, n_train=5))
    np.testing.assert_array_equal(shorter[0], first[0][:5])
    assert not np.array_equal(first[0], make(small, seed=1)[0])
    assert not np.array_equal(first[0], make(small, split="test")[0])


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_have_the_area_of_the_disc_and_stay_within_reach(shape):
    grid = np.linspace(-2, 2, 2001)
    covered = inside(shape, *np.meshgrid(grid, grid))
    assert covered.mean() * 16 == pytest.approx(np.pi, rel=2e-3)
    assert np.hypot(*np.meshgrid(grid, grid))[covered].max() <= REACH


@pytest.mark.parametrize("shape", SHAPES)
def test_the_front_leaf_is_that_of_a_scan_of_all_leaves_at_all_points(shape):
    recipe = dataclasses.replace(RECIPE, size=(10, 14), radius_min=0.7)
    leaves = draw_leaves(recipe, 3, np.random.default_rng(0))
    front = front_leaf(recipe, shape, leaves)
    y, x = np.meshgrid((np.arange(30) + 0.5) / 3, (np.arange(42) + 0.5) / 3, indexing="ij")
    differ = 0
    for i in range(3):
        expected = np.full(x.shape, leaves.radius.shape[1] - 1)
        for j in reversed(range(leaves.radius.shape[1] - 1)):
            u, v = x - leaves.column[i, j], y - leaves.row[i, j]
            c, s, r = np.cos(leaves.angle[i, j]), np.sin(leaves.angle[i, j]), leaves.radius[i, j]
            expected[inside(shape, (c * u + s * v) / r, (c * v - s * u) / r)] = j
        differ += (front[i] != expected).sum()
    assert differ <= 2  # points on an edge, where float32 and float64 may disagree
    _, depth = render(recipe, shape, leaves, np.zeros(3, bool), np.random.default_rng(0))
    for i in range(3):
        np.testing.assert_array_equal(depth[i], leaves.depth[i, front[i, 1::3, 1::3]])
    assert (depth >= 1).all() and (depth <= 10).all() and (np.diff(leaves.depth) >= 0).all()


def test_depth_is_that_of_the_leaf_seen_at_the_pixels_centre():
    """One huge leaf or the wall: where the depth changes, so does the colour, and nowhere else."""
    recipe = dataclasses.replace(
        RECIPE, radius_min=6.0, coverage=0.5, illumination=0.0, haze=0.0, n_train=320
    )
    images, labels, depth = make(recipe)
    smooth = labels % 2 == 0
    inner = (depth[:, 1:-1, 1:-1] == depth[:, :-2, 1:-1]) & (
        depth[:, 1:-1, 1:-1] == depth[:, 2:, 1:-1]
    )
    change = np.abs(np.diff(images.astype(int), axis=1)).max(axis=-1)[:, :, 1:-1]
    inside_leaf = inner[:, 1:] & inner[:, :-1]
    quiet = change[:, 1:-1][smooth[:, None, None] & inside_leaf] == 0
    assert quiet.mean() > 0.9  # the rest are pixels that an edge cuts beside their centre
    edge = depth[:, 1:] != depth[:, :-1]
    seen = np.abs(np.diff(images.astype(int), axis=1)).max(axis=-1)[edge] > 0
    assert seen.mean() > 0.98


def test_radii_follow_the_power_law_once_the_border_is_accounted_for():
    radii, cumulative, cover = size_law(RECIPE)
    assert cumulative[0] == 0 and cumulative[-1] == pytest.approx(1)
    middle = np.sqrt(radii[1:] * radii[:-1])
    density = np.diff(cumulative) / np.diff(radii) / (32 + 2 * REACH * middle) ** 2
    slope = np.polyfit(np.log(middle), np.log(density), 1)[0]
    assert slope == pytest.approx(-3, abs=1e-6)
    n_leaves = draw_leaves(RECIPE, 1, np.random.default_rng(0)).radius.shape[1] - 1
    assert n_leaves * cover == pytest.approx(RECIPE.coverage, rel=0.02)


def test_the_wall_fills_what_the_leaves_leave_open():
    few = dataclasses.replace(RECIPE, coverage=1.0)
    depth = make(few)[2]
    assert (depth == 10).mean() == pytest.approx(np.exp(-1), abs=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"supersampling": 2}, "odd"),
        ({"radius_min": 40.0}, "radius_min < radius_max"),
        ({"size": (32,)}, r"size: \[32\] .* a list of 2"),
        ({"depth_range": (2.0, 1.0)}, "near < far"),
        ({"coverage": 0.0}, "coverage"),
        ({"n_test": 0}, "n_test"),
    ],
)
def test_impossible_recipes_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(RECIPE, **change)
