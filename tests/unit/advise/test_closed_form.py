"""The closed form's error on images that it has not seen."""

import numpy as np
import pytest

from spatial_mae.advise import closed_form
from spatial_mae.advise.closed_form import linear_errors
from spatial_mae.data.held_out import hold_out
from spatial_mae.data.store import Batch, Prepared, open_dataset, write_dataset
from spatial_mae.linear.moments import pixel_moments
from spatial_mae.linear.solution import solve_mae
from spatial_mae.masks.patches import patch_index

MASKS = {2: (0.25, 0.75), 4: (0.5,)}
COMMON, HELD, SEED = 0.75, 0.2, 0


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def dataset(folder, images):
    prepared = Prepared(
        {"train": [Batch(images, None)], "test": [Batch(images[:4], None)]},
        images.shape[1:],
        "drawn",
        "none",
    )
    write_dataset(folder / "manifest.json", "toy", "dead_leaves", prepared, {})
    return open_dataset(folder / "manifest.json")


def smooth(rng, n, side=8):
    """Grey images whose neighbours are alike: uint8 (n, side, side, 1)."""
    noise = rng.standard_normal((n, side + 4, side + 4))
    rows = np.lib.stride_tricks.sliding_window_view(noise, (5, 5), axis=(1, 2)).mean((3, 4))
    return np.clip(128 + 150 * rows, 0, 255).astype(np.uint8)[..., None]


def test_it_is_the_loss_under_drawn_masks(tmp_path, rng):
    data = dataset(tmp_path, smooth(rng, 1000))
    found = linear_errors(data, {2: (0.75,)}, COMMON, HELD, SEED)[2, 0.75]
    parts = hold_out(data, HELD)
    (fitted, held) = (parts.images("train")[parts.rows(s)[1]] for s in ("train", "test"))
    index = patch_index(8, 8, 2, 1)
    mean = fitted.mean(axis=0).ravel() / 255
    rows = held.reshape(len(held), -1) / 255 - mean
    measured = []
    for ridge in closed_form.RIDGES:
        S = pixel_moments(fitted, "luma").matrix("centred", ridge)
        W = solve_mae(S, index, 0.75, len(S), sampling="hidden").influence
        hidden = (rng.random((200, len(held), 16)) < 0.75)[..., index]
        predicted = np.where(hidden, 0, rows) @ np.where(index[:, None] == index, 0, W)
        measured.append(np.square(rows - predicted)[hidden].mean() / np.square(rows).mean())
    assert found == pytest.approx(min(measured), rel=0.01)


def test_few_images_of_noise_explain_nothing(tmp_path, rng):
    """On the 40 images themselves the closed form explains most of the hidden pixels."""
    images = rng.integers(256, size=(50, 8, 8, 1), dtype=np.uint8)
    found = linear_errors(dataset(tmp_path, images), MASKS, COMMON, HELD, SEED)
    assert set(found) == {(2, 0.25), (2, 0.75), (4, 0.5)}
    assert min(found.values()) > 0.9
    S = pixel_moments(images[:40], "luma").matrix("centred", 0.001)
    seen = solve_mae(S, patch_index(8, 8, 2, 1), 0.25, 64, sampling="hidden").loss
    assert seen / 0.25 / np.trace(S) < 0.6


def test_more_is_explained_of_what_is_alike_and_where_less_is_hidden(tmp_path, rng):
    found = linear_errors(dataset(tmp_path, smooth(rng, 400)), MASKS, COMMON, HELD, SEED)
    assert found[2, 0.25] < found[2, 0.75] < 1


def test_constant_and_large_images_have_none(tmp_path, monkeypatch):
    data = dataset(tmp_path, np.full((20, 8, 8, 1), 7, np.uint8))
    assert linear_errors(data, MASKS, COMMON, HELD, SEED) == {}
    (tmp_path / "held").mkdir()
    images = np.full((20, 8, 8, 1), 7, np.uint8)
    images[hold_out(data, HELD).rows("test")[1]] = np.arange(4, dtype=np.uint8)[:, None, None, None]
    assert linear_errors(dataset(tmp_path / "held", images), MASKS, COMMON, HELD, SEED) == {}
    monkeypatch.setattr(closed_form, "MOST_PIXELS", 63)
    monkeypatch.setattr(closed_form, "_moments", None)  # would fail
    assert linear_errors(data, MASKS, COMMON, HELD, SEED) == {}
