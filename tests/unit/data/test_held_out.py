"""Training images held out in place of test images."""

import numpy as np
import pytest
from toy_training import toy_dataset

from spatial_mae.data.held_out import hold_out
from spatial_mae.data.store import SPLITS, open_dataset
from spatial_mae.study.counts import n_held_out
from spatial_mae.training.loader import load_images, load_labels


@pytest.fixture
def dataset(tmp_path):
    return open_dataset(toy_dataset(tmp_path))


def test_the_two_parts_are_the_training_images_and_share_none(dataset):
    found = hold_out(dataset, 0.25)
    parts = [load_images(found, split, None).permute(0, 2, 3, 1).numpy() for split in SPLITS]
    assert [len(part) for part in parts] == [48, 16] == [found.count(s) for s in SPLITS]
    whole = np.concatenate(parts).reshape(64, -1)
    assert np.array_equal(np.sort(whole, 0), np.sort(dataset.images("train").reshape(64, -1), 0))
    rows = [set(found.rows(split)[1].tolist()) for split in SPLITS]
    assert not rows[0] & rows[1] and len(rows[0] | rows[1]) == 64


def test_labels_go_with_their_images(dataset):
    found = hold_out(dataset, 0.25)
    images, labels = load_images(found, "test", None), load_labels(found, "test", None)
    bright = images.double().mean(dim=(1, 2, 3)) > 110
    assert (bright == labels.bool()).all()


def test_nothing_is_held_out_by_default(dataset):
    assert hold_out(dataset, 0) is dataset


@pytest.mark.parametrize(("n", "share", "held"), [(10, 0.2, 2), (2, 0.01, 1), (3, 0.99, 2)])
def test_each_part_keeps_an_image(n, share, held):
    assert n_held_out(n, share) == held


def test_one_image_cannot_be_divided():
    with pytest.raises(ValueError, match="1 images"):
        n_held_out(1, 0.5)
