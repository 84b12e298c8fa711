"""Textured layouts: two labels, each right, balanced, and hidden from linear readouts of pixels."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from spatial_mae.data.store import open_dataset, write_dataset
from spatial_mae.data.textured_layouts import (
    CLASSES,
    GRAY,
    TexturedLayouts,
    draw_images,
    prepare,
)

RECIPE = TexturedLayouts(n_train=768, n_test=384)
LOCAL, DISTANT = {"layout_contrast": 0, "noise": 0}, {"texture_contrast": 0, "noise": 0}


def written(folder, seed=0, recipe=RECIPE):
    prepared = prepare(recipe, None, None, np.random.default_rng(seed))
    write_dataset(folder / "manifest.json", "both", "textured_layouts", prepared, {})
    return open_dataset(folder / "manifest.json")


def drawn(name, count=50, **changes):
    """Images of one class, float (count, 16, 16), without what the changes set to zero."""
    recipe = TexturedLayouts(n_train=1, n_test=1, **changes)
    classes = np.full(count, CLASSES.index(name))
    return draw_images(recipe, classes, np.random.default_rng(0))[..., 0].astype(float)


def test_a_seed_gives_one_data_set(tmp_path):
    first, same, other = (
        written(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first.manifest["files"] == same.manifest["files"]
    assert not np.array_equal(first.images("train"), other.images("train"))
    assert not np.array_equal(first.images("train")[:384], first.images("test"))


def test_more_images_begin_with_the_same_ones(tmp_path):
    few = written(tmp_path / "few", recipe=TexturedLayouts(n_train=500, n_test=10))
    assert np.array_equal(few.images("train"), written(tmp_path).images("train")[:500])


def test_both_labels_are_balanced_and_independent(tmp_path):
    dataset = written(tmp_path)
    texture, layout = (dataset.labels("train", label) for label in ("texture", "layout"))
    assert np.array_equal(3 * texture + layout, dataset.labels("train"))
    pairs = np.zeros((4, 3))
    np.add.at(pairs, (texture, layout), 1)
    assert (pairs == 768 / 12).all()


@pytest.mark.parametrize(
    ("name", "same", "other"),
    [
        ("rows", ((0, 0), (0, 15)), (15, 0)),
        ("columns", ((0, 0), (15, 0)), (0, 15)),
        ("diagonals", ((0, 0), (15, 15)), (0, 15)),
    ],
)
def test_a_layout_is_which_quadrants_are_alike(name, same, other):
    images = drawn(f"0 degrees, {name}", **DISTANT)
    first, second = (images[:, *place] for place in same)
    assert np.array_equal(first, second)
    assert np.array_equal(first + images[:, *other], np.full(50, 2 * GRAY))
    assert set(first) == {GRAY - 20, GRAY + 20}
    assert all((image[:8, :8] == image[0, 0]).all() for image in images)


@pytest.mark.parametrize(
    ("degrees", "frequency"), [(0, (0, 4)), (45, (3, 3)), (90, (4, 0)), (135, (3, -3))]
)
def test_a_texture_is_a_grating_of_its_direction(degrees, frequency):
    images = drawn(f"{degrees} degrees, rows", **LOCAL)
    power = np.abs(np.fft.fft2(images - images.mean((1, 2), keepdims=True))).mean(0)
    half = power[:9].copy()  # a real image has each wave twice
    half[0, 9:] = 0
    row, column = np.unravel_index(half.argmax(), half.shape)
    assert (row, column if column <= 8 else column - 16) == frequency
    assert images.std() == pytest.approx(16, rel=0.02)


def test_every_class_has_the_same_flat_mean_image():
    for name in CLASSES:
        images = drawn(name, 4000)
        assert abs(images.mean(0) - GRAY).max() < 5 * images.std() / np.sqrt(4000)


def test_pixels_are_at_chance_and_their_products_are_not(tmp_path):
    dataset = written(tmp_path, recipe=TexturedLayouts(n_train=6000, n_test=2000))
    pixels = {s: (dataset.images(s)[..., 0] - 128.0) / 40 for s in ("train", "test")}
    quadrants = {s: x.reshape(-1, 2, 8, 2, 8).mean((2, 4)) for s, x in pixels.items()}
    products = {s: np.stack([q[:, 0, 0] * q[:, 0, 1], q[:, 0, 0] * q[:, 1, 0]], 1)
                for s, q in quadrants.items()}  # fmt: skip
    spectra = {s: np.abs(np.fft.rfft2(x)).reshape(len(x), -1) for s, x in pixels.items()}
    flat = {s: x.reshape(len(x), -1) for s, x in pixels.items()}
    assert accuracy(dataset, "layout", flat) == pytest.approx(1 / 3, abs=0.06)
    assert accuracy(dataset, "texture", flat) == pytest.approx(1 / 4, abs=0.06)
    assert accuracy(dataset, "layout", products) > 0.95
    assert accuracy(dataset, "texture", spectra) > 0.95


def accuracy(dataset, label, features):
    fitted = LogisticRegression(max_iter=2000)
    fitted.fit(features["train"], dataset.labels("train", label))
    return fitted.score(features["test"], dataset.labels("test", label))


def test_odd_sides_are_an_error_that_names_the_next_ones():
    with pytest.raises(ValueError, match=r"size \[15, 16\] has no equal quadrants.*\[16, 16\]"):
        TexturedLayouts(n_train=1, n_test=1, size=(15, 16))
