"""Controls of the probes: their features, and that they learn what the pixels tell."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from spatial_mae.evaluation import controls
from spatial_mae.evaluation.controls import pixel_features, principal_components
from spatial_mae.evaluation.probing import COLUMNS
from spatial_mae.linear.colour import pixel_rows
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.solution import solve_mae
from spatial_mae.linear.store import LinearRun, RunSettings, solve_run
from spatial_mae.training.loader import subset


@pytest.fixture
def moments(dataset):
    return pixel_moments(dataset.images("train"))


def solved(moments):
    settings = RunSettings(4, "centred", 0.01, False)
    return LinearRun(settings, moments, solve_run(moments, settings))


def test_principal_components_are_scikit_learns(dataset, moments):
    found = principal_components(moments, 5)
    oracle = PCA(5).fit(pixel_rows(dataset.images("train"), "luma")).components_
    np.testing.assert_allclose(np.abs(np.sum(found.T * oracle, axis=1)), 1, atol=1e-8)
    assert principal_components(moments, 1000).shape == (96, 79)  # 80 images about their mean


def test_features_by_chunk_are_those_of_all_images(dataset, monkeypatch):
    monkeypatch.setattr(controls, "CHUNK", 7)
    found = pixel_features(dataset, "train", 60, "luma", lambda pixels: 2 * pixels)
    chosen = subset(80, 60)
    expected = 2 * pixel_rows(dataset.images("train"), "luma")[chosen]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


def test_pixels_and_their_components_tell_the_class(dataset, moments, recipe):
    rows = controls.probe_pixels(dataset, moments, 8, recipe(), 0)
    assert all(tuple(row) == COLUMNS for row in rows)
    found = [(row["representation"], row["protocol"], row["model_width"]) for row in rows]
    kinds, protocols = (("raw_pixels", 96), ("pca", 8)), ("linear_probe", "knn")
    assert found == [(name, protocol, k) for name, k in kinds for protocol in protocols]
    assert min(row["value"] for row in rows) > 0.9
    assert {(row["n_train"], row["n_test"], row["epoch"]) for row in rows} == {(60, 30, None)}
    assert {row["penalty"] for row in rows} <= {0.01, 0.1, None}
    assert {row["control_colour"] for row in rows} == {"luma"}
    assert all(row["seconds"] > 0 and row["images_per_second"] > 0 for row in rows)


def test_controls_have_no_more_features_than_directions_of_the_training_images(
    prepare_data, tmp_path, recipe
):
    """Others are rounding, or of the ridge alone, in training, but not in the test."""
    dataset = prepare_data(tmp_path / "few", n_train=30)
    few, settings = pixel_moments(dataset.images("train")), recipe(neighbours=0, n_train=None)
    found = {}
    for width in (90, 29):  # 30 images about their mean have rank 29
        rows = controls.probe_pixels(dataset, few, width, settings, 0)[1:]
        rows += controls.probe_linear(dataset, solved(few), 0.75, width, settings, 0)
        found[width] = [(row["representation"], row["model_width"], row["value"]) for row in rows]
    assert found[90] == found[29]
    assert [width for _, width, _ in found[90]] == [29, 29]
    assert min(value for _, _, value in found[90]) > 0.6


def test_pixels_that_never_change_and_equal_images_give_no_components():
    images = np.full((40, 4, 4, 1), 7, np.uint8)
    assert principal_components(pixel_moments(images), 5).shape == (16, 1)
    images[:, :, 1:3] = np.random.default_rng(0).integers(256, size=(40, 4, 2, 1))
    assert principal_components(pixel_moments(images), 12).shape == (16, 8)


def test_linear_features_are_the_closed_form_s(dataset, moments, recipe, monkeypatch):
    seen = []
    real = controls.probe_rows
    monkeypatch.setattr(controls, "probe_rows", lambda *a: seen.append(a[0]) or real(*a))
    (row,) = controls.probe_linear(dataset, solved(moments), 0.75, 6, recipe(neighbours=0), 0)
    assert (row["representation"], row["protocol"]) == ("linear_mae", "linear_probe")
    assert row["value"] > 0.9
    S = moments.matrix("centred", 0.01)
    encoder = solve_mae(S, solved(moments).decomposition.patch_index, 0.75, 6).encoder
    pixels = pixel_rows(dataset.images("train"), "luma")[subset(80, 60)]
    expected = (pixels - moments.mean) @ encoder
    found = seen[0].features.numpy()
    signs = np.sign(np.sum(found * expected, axis=0))
    np.testing.assert_allclose(found * signs, expected, atol=1e-4 * np.abs(expected).max())


def test_nothing_is_probed_where_nothing_is_asked(unlabelled, recipe):
    moments, none = pixel_moments(unlabelled.images("train")), recipe(representations=[])
    assert controls.probe_pixels(unlabelled, moments, 8, none, 0) == []
    assert controls.probe_linear(unlabelled, solved(moments), 0.75, 6, none, 0) == []


def test_missing_labels_and_other_moments_are_refused(dataset, unlabelled, moments, recipe):
    with pytest.raises(ValueError, match="'toy' has no labels"):
        controls.probe_pixels(unlabelled, moments, 8, recipe(), 0)
    with pytest.raises(ValueError, match="luma images, but control_colour is 'rgb'"):
        controls.probe_pixels(dataset, moments, 8, recipe(control_colour="rgb"), 0)
    other = pixel_moments(np.zeros((4, 6, 6, 1), np.uint8))
    with pytest.raises(ValueError, match="moments of 6 x 6 images"):
        controls.probe_pixels(dataset, other, 8, recipe(), 0)
    with pytest.raises(ValueError, match="n_train 81: data set 'toy' has 80"):
        controls.probe_pixels(dataset, moments, 8, recipe(n_train=81), 0)
    with pytest.raises(ValueError, match="neighbours 61: expected 0 to 60"):
        controls.probe_pixels(dataset, moments, 8, recipe(neighbours=61), 0)
    with pytest.raises(ValueError, match="mask ratio 0"):
        controls.probe_linear(dataset, solved(moments), 0, 6, recipe(), 0)


def test_each_label_has_its_controls(two_labels, moments, recipe):
    settings = recipe(neighbours=0, labels=["place", "class"])
    rows = controls.probe_pixels(two_labels, moments, 8, settings, 0)
    found = [(row["representation"], row["label"]) for row in rows]
    assert found == [(name, label) for name in ("raw_pixels", "pca") for label in ("place", None)]
    alone = controls.probe_pixels(two_labels, moments, 8, recipe(neighbours=0), 0)
    assert [row["value"] for row in rows[1::2]] == [row["value"] for row in alone]
